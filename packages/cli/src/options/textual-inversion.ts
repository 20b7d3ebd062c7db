import { InvalidArgumentError } from "commander";
import { repeatable } from "./numbers.ts";

/** A textual inversion to load with the model. */
export interface TextualInversion {
	source: string;
	token?: string;
}

export const TEXTUAL_INVERSION_FLAG = "--textual-inversion <source=token>";
export const TEXTUAL_INVERSION_TEXT =
	"a textual inversion: a file, folder or hub id, and after = its token in prompts (default: the file's own); repeat for several";

/** Parses one of them. What stands behind the last `=` is a token, unless it goes on as a path does. */
export const textualInversions = repeatable((text: string): TextualInversion => {
	const at = text.lastIndexOf("=");
	const [source, token] = [text.slice(0, at), text.slice(at + 1)];
	if (at === -1 || /[/\\]|\.safetensors$/.test(token)) return { source: text };
	if (source === "" || token === "") throw new InvalidArgumentError("Expected a source, or source=token.");
	return { source, token };
});
