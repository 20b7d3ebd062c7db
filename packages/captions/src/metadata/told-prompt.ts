import { readPictureMarks } from "@drum/diffusion";

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
		const { parameters, settings } = await readPictureMarks(file);
		const own = parameters?.prompt;
		if (typeof own === "string" && own.trim() !== "") return { prompt: own, program: "DrUM" };
		return settings && { prompt: settings.prompt, program: settings.program };
	} catch {
		// Whoever decodes the file says what is wrong with it.
		return undefined;
	}
}
