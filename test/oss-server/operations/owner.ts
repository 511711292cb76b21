import { element } from "../xml.ts";

/** The one account of this server. */
const OWNER = "1000000000000001";

export function ownerXml(): string {
  return `<Owner>${element("ID", OWNER)}${element("DisplayName", OWNER)}</Owner>`;
}
