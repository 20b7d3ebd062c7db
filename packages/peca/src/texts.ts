/** Prompts by the name of the encoder that reads them. */
export type Texts = Readonly<Record<string, readonly string[]>>;
