import { PngError } from "@drum/captions/metadata";
import { draft } from "../draw/draft.svelte.ts";
import { sizeConcern } from "../draw/size-concern.ts";
import { histories } from "../history/histories.svelte.ts";
import { readPictureSettings } from "../pictures/picture-settings.ts";
import { notices } from "./notices.svelte.ts";

/** Pictures give their settings, everything else is read as a history. */
export async function takeFiles(files: readonly File[]): Promise<void> {
	for (const file of files) {
		if (file.type.startsWith("image/") || /\.png$/i.test(file.name)) await takePicture(file);
		else await histories.importFile(file);
	}
}

/** Restores the settings that a picture's file tells, and offers the prompts that steered it as a history. */
export async function takePicture(file: File): Promise<void> {
	try {
		const settings = await readPictureSettings(new Uint8Array(await file.arrayBuffer()));
		draft.restore(settings);
		const { references } = settings;
		const steered =
			references.length > 0 &&
			`${references.length} earlier ${references.length === 1 ? "prompt" : "prompts"} steered it.`;
		const other =
			settings.program !== undefined &&
			`It was made with ${settings.program}: the same seed draws another picture here, and weights and LoRAs of the prompt are left out.`;
		const size = sizeConcern(draft.model, settings.width, settings.height);
		const detail = [other, size, steered].filter(Boolean).join("\n");
		const name = `From ${file.name}`.slice(0, 100);
		notices.show("The picture's settings are taken over", {
			...(detail && { detail }),
			...(references.length > 0 && {
				action: { label: "Make a history of them", run: () => void histories.create(name, references) },
			}),
		});
	} catch (error) {
		const text = error instanceof PngError ? error.message : `“${file.name}” could not be read.`;
		notices.show(text, {
			detail: "Choose a PNG file of DrUM, Stable Diffusion web UI, ComfyUI or InvokeAI, as it was saved.",
			tone: "bad",
		});
	}
}
