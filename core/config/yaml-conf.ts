import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type ParsedNode,
  parseDocument,
  type Scalar,
  type YAMLMap,
} from "yaml";
import { ConfigurationError } from "../errors/errors.ts";
import { FileValues } from "./file-values.ts";
import { isSecretName } from "./redaction.ts";
import { formatList } from "./values.ts";

type Problem = readonly [message: string, hint?: string];
const QUOTE_IT = "Put the value in quotes";
const REFERENCE: Problem = ['a value that begins with "*" is a reference in YAML', QUOTE_IT];
/** The library's own messages quote the file, so they are not shown: what they quote may be a secret. */
const PROBLEMS: Readonly<Record<string, Problem>> = {
  BAD_ALIAS: REFERENCE,
  BAD_INDENT: ["the indentation is wrong, or a bracket is not closed"],
  BAD_SCALAR_START: ["a value begins with a character that YAML reserves", QUOTE_IT],
  BLOCK_AS_IMPLICIT_KEY: ['a value holds ": ", or the next line is indented too far', QUOTE_IT],
  DUPLICATE_KEY: ["the key is given twice"],
  MISSING_CHAR: ["a closing quote or bracket, or a colon, is missing"],
  MULTIPLE_DOCS: ["the file holds more than one YAML document"],
  TAB_AS_INDENT: ["a tab is used for indentation", "Use blanks"],
  TAG_RESOLVE_FAILED: ['a value that begins with "!" is a tag in YAML', QUOTE_IT],
};

/**
 * Reads `config.yaml`: nested keys are joined by dots, lists become one text (`formatList`), and every scalar stays
 * the text that stands there (`0123`, `1.10`, `true`), because only an option knows its type. Empty, `~` and `null`
 * mean "not set". Throws `ConfigurationError` ERR_CONFIG_PARSE naming file, line, column and key, never a value.
 */
export function readYamlConf(content: string, file: string): FileValues {
  const reader = new Reader(content, file);
  reader.read();
  return reader.found;
}

class Reader {
  readonly found: FileValues;
  readonly #lines = new LineCounter();
  readonly #document: Document.Parsed<ParsedNode>;

  constructor(content: string, file: string) {
    this.found = new FileValues(file);
    try {
      this.#document = parseDocument(content, {
        schema: "failsafe",
        prettyErrors: false,
        lineCounter: this.#lines,
      });
    } catch {
      // The parser itself gives up on absurd nesting; its error may quote the file.
      throw new ConfigurationError({
        code: "ERR_CONFIG_PARSE",
        source: file,
        message: "the file is not YAML that can be read",
      });
    }
  }

  read(): void {
    const { contents: root, errors, warnings } = this.#document;
    const [first] = [...errors, ...warnings.filter((warning) => warning.code === "TAG_RESOLVE_FAILED")];
    if (first !== undefined) {
      const [message, hint] = PROBLEMS[first.code] ?? [`it is not valid YAML (${first.code})`];
      throw this.#problem(first.pos[0], message, hint);
    }
    if (root === null || (isScalar(root) && this.#isNull(root))) return;
    if (!isMap(root)) {
      throw this.#problem(
        root.range[0],
        'the file is not made of "key: value"',
        "Write a blank after the colon",
      );
    }
    this.#map(root, "");
  }

  #map(map: YAMLMap.Parsed, prefix: string): void {
    for (const { key: name, value } of map.items) {
      if (!isScalar(name) || typeof name.value !== "string" || name.value.trim() === "") {
        throw this.#problem(name?.range[0] ?? map.range[0], "a key is not a plain word");
      }
      const key = `${prefix}${name.value}`;
      const { line } = this.#lines.linePos(name.range[0]);
      if (value === null) continue;
      if (isMap(value)) this.#map(value, `${key}.`);
      else if (isSeq(value)) this.found.set(key, formatList(this.#items(value.items)), line);
      else {
        const text = this.#text(value);
        if (text !== undefined) this.found.set(key, text, line);
      }
    }
  }

  #items(nodes: readonly ParsedNode[]): string[] {
    return nodes.map((node) => {
      const text = isMap(node) || isSeq(node) ? undefined : this.#text(node);
      if (text === undefined) throw this.#problem(node.range[0], "a list holds something that is not a text");
      return text;
    });
  }

  /** The text of a scalar, undefined for null. A reference to a scalar is that scalar. */
  #text(node: ParsedNode): string | undefined {
    const scalar = isAlias(node) ? node.resolve(this.#document) : node;
    if (scalar === undefined) throw this.#problem(node.range[0], ...REFERENCE);
    if (!isScalar(scalar)) throw this.#problem(node.range[0], "only single values can be referred to with *");
    if (!this.#isNull(scalar)) return String(scalar.value);
    if (scalar.anchor === undefined) return undefined;
    throw this.#problem(node.range[0], 'a value that begins with "&" is an anchor in YAML', QUOTE_IT);
  }

  #isNull(scalar: Scalar): boolean {
    return scalar.type === "PLAIN" && /^(~|null|Null|NULL|)$/.test(String(scalar.value));
  }

  #problem(offset: number, message: string, hint?: string): ConfigurationError {
    const { line, col } = this.#lines.linePos(offset);
    const key = this.#keyAt(offset);
    return new ConfigurationError({
      code: "ERR_CONFIG_PARSE",
      key,
      source: this.found.at(line, col),
      message: key === undefined ? message : `${key}: ${message}`,
      hint,
    });
  }

  /**
   * The key that an offset belongs to. In a file that is wrong a value may have been taken for a key: nothing below a
   * secret's key is shown, and no second key of one line.
   */
  #keyAt(offset: number): string | undefined {
    const names: string[] = [];
    let node: unknown = this.#document.contents;
    let lastLine = 0;
    while (isMap(node)) {
      const pair = node.items.findLast((item) => isScalar(item.key) && startOf(item.key) <= offset);
      if (pair === undefined || !isScalar(pair.key)) break;
      const { line } = this.#lines.linePos(startOf(pair.key));
      const name = String(pair.key.value);
      if (line === lastLine || !/^[\w.-]+$/.test(name)) break;
      names.push(name);
      if (isSecretName(name)) break;
      lastLine = line;
      node = pair.value;
    }
    return names.length === 0 ? undefined : names.join(".");
  }
}

function startOf(node: Scalar): number {
  return node.range?.[0] ?? 0;
}
