import type { Intake } from "./intake.ts";

/** More came than a text may have, or less than its end. */
export class TextError extends Error {
  readonly why: "too long" | "cut";

  constructor(why: TextError["why"]) {
    super(why === "cut" ? "The client ended the connection amid a line." : "The line is too long.");
    this.name = "TextError";
    this.why = why;
  }
}

/** Most texts end within so many bytes: so much is looked at first. */
const USUAL_BYTES = 4 * 1024;

/**
 * Takes everything up to `end`, and `end` itself, which is not in the result; one character for each byte. Undefined:
 * nothing more comes.
 *
 * @throws TextError when nothing more comes amid the text, or it has more than `most` bytes
 */
export async function readText(intake: Intake, end: string, most: number): Promise<string | undefined> {
  let text = "";
  for (;;) {
    const bytes = intake.take(USUAL_BYTES);
    if (bytes === undefined) {
      if (await intake.more()) continue;
      if (text === "") return undefined;
      throw new TextError("cut");
    }
    const before = text.length;
    text += bytes.toString("latin1");
    const mark = text.indexOf(end, Math.max(0, before - end.length));
    if ((mark < 0 ? text.length : mark) > most) throw new TextError("too long");
    if (mark >= 0) {
      intake.putBack(text.length - mark - end.length);
      return text.slice(0, mark);
    }
  }
}
