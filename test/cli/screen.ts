import stringWidth from "string-width";

/** A control sequence, or one character as it is seen. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control sequences begin with one
const PIECE = /\u001b\[([?\d;]*)([A-Za-z])|\u001b([78])|(.)/gsu;

/**
 * What a terminal shows, as far as plugfs uses one: lines that wrap, the cursor's moves, clearing. Colours have no
 * effect; anything that it does not know throws.
 */
export class Screen {
  columns: number;
  /** Whether the cursor is to be seen. */
  cursor = true;
  /** Cells of each row; a wide character is one of width 2, followed by an empty one. */
  readonly #rows: string[][] = [[]];
  #x = 0;
  #y = 0;
  #saved = { x: 0, y: 0 };
  #wraps = true;
  #rest = "";

  constructor(columns: number) {
    this.columns = columns;
  }

  write(data: string): void {
    const text = this.#rest + data;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a sequence that has not come whole
    this.#rest = /\u001b(?:\[[?\d;]*)?$/.exec(text)?.[0] ?? "";
    for (const [, parameters, final, saving, character] of text
      .slice(0, text.length - this.#rest.length)
      .matchAll(PIECE)) {
      if (character !== undefined) this.#put(character);
      else if (saving === "7") this.#saved = { x: this.#x, y: this.#y };
      else if (saving === "8") ({ x: this.#x, y: this.#y } = this.#saved);
      else this.#obey(parameters ?? "", final ?? "");
    }
  }

  /** Without the empty rows at the end. */
  lines(): string[] {
    const lines = this.#rows.map((row) =>
      Array.from(row, (cell) => cell ?? " ")
        .join("")
        .trimEnd(),
    );
    while (lines.at(-1) === "") lines.pop();
    return lines;
  }

  text(): string {
    return this.lines().join("\n");
  }

  #put(character: string): void {
    if (character === "\r") this.#x = 0;
    else if (character === "\n") this.#y++;
    else if (stringWidth(character) === 0) this.#row()[this.#x - 1] += character;
    else {
      const width = stringWidth(character);
      if (this.#x + width > this.columns) {
        if (this.#wraps) {
          this.#x = 0;
          this.#y++;
        } else this.#x = this.columns - width;
      }
      const row = this.#row();
      while (row.length < this.#x) row.push(" ");
      row[this.#x] = character;
      if (width === 2) row[this.#x + 1] = "";
      this.#x += width;
    }
    this.#row();
  }

  #obey(parameters: string, final: string): void {
    const [first = 0] = parameters.split(";").map(Number);
    const row = this.#row();
    if (final === "m") return;
    if (final === "G") this.#x = Math.max(0, first - 1);
    else if (final === "A") this.#y = Math.max(0, this.#y - (first || 1));
    else if (final === "K" && first === 0) row.length = Math.min(row.length, this.#x);
    else if (final === "K" && first === 2) row.length = 0;
    else if (parameters === "?25") this.cursor = final === "h";
    else if (parameters === "?7") this.#wraps = final === "h";
    else throw new Error(`the control sequence ${JSON.stringify(`${parameters}${final}`)} is not known`);
  }

  #row(): string[] {
    while (this.#rows.length <= this.#y) this.#rows.push([]);
    return this.#rows[this.#y] as string[];
  }
}
