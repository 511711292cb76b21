/** Gives an object its methods as functions of its own, which can be taken off it like those of a module. */
export function bindMethods(object: object): void {
  for (
    let from = Object.getPrototypeOf(object);
    from !== Object.prototype;
    from = Object.getPrototypeOf(from)
  ) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(from))) {
      if (typeof value !== "function" || name === "constructor" || Object.hasOwn(object, name)) continue;
      Object.defineProperty(object, name, { value: value.bind(object), configurable: true, writable: true });
    }
  }
}
