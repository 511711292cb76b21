import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";

/** OpenTelemetry's own context manager, which shows the storage that a diagnostics channel can be bound to. */
export class ContextManager extends AsyncLocalStorageContextManager {
  get storage() {
    return this._asyncLocalStorage;
  }
}
