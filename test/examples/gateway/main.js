/** `PORT=8080 ALLOW=oss://bucket node main.js`, in a home with conf/ and plugins/. */
import { Environment } from "plugfs";
import { gateway } from "./gateway.js";

const allow = (process.env.ALLOW ?? "").split(",").filter(Boolean);
const env = await Environment.open({ policy: { allow } });
const app = gateway(env, { logger: true });
app.addHook("onClose", () => env.close());
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => app.close());
await app.listen({ port: Number(process.env.PORT ?? 8080), host: process.env.HOST ?? "127.0.0.1" });
