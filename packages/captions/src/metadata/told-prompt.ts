import { parseJson } from "@drum/tensor";
import { readOtherSettings } from "./other-programs.ts";
import { readPngText } from "./png-text.ts";

/** What a picture's file tells of the prompt that drew it. */
export interface ToldPrompt {
	/** As it stands there, but for weights and LoRA calls of other programs: text of a stranger, of any length. */
	readonly prompt: string;
	/** Who wrote it: "DrUM", "ComfyUI". */
	readonly program: string;
}

/** The prompt in a picture's file, of DrUM or of another program that is known; undefined where there is none, or no whole file. */
export async function toldPrompt(file: Uint8Array): Promise<ToldPrompt | undefined> {
	try {
		const png = readPngText(file);
		const own = ownPrompt(await png.text("parameters").catch(() => undefined));
		if (own !== undefined) return { prompt: own, program: "DrUM" };
		const other = await readOtherSettings(png);
		return other && { prompt: other.prompt, program: other.program };
	} catch {
		// What is wrong with the file is told by who decodes it.
		return undefined;
	}
}

function ownPrompt(text: string | undefined): string | undefined {
	try {
		const { prompt } = parseJson(text ?? "{}") as { prompt?: unknown };
		return typeof prompt === "string" && prompt.trim() !== "" ? prompt : undefined;
	} catch {
		return undefined;
	}
}
