/** An object of a JSON file. */
export type Json = Readonly<Record<string, unknown>>;
