import { keep, kept } from "../frame/keep.ts";

const KEY = "save-as";

/** What a picture's file is saved as. */
export type SaveFormat = "png" | "jpeg" | "webp";

export const SAVE_FORMATS: readonly { format: SaveFormat; name: string; extension: string }[] = [
	{ format: "png", name: "PNG", extension: "png" },
	{ format: "jpeg", name: "JPEG", extension: "jpg" },
	{ format: "webp", name: "WebP", extension: "webp" },
];

/** Which of them, as it was chosen last. */
class Saving {
	#format = $state<SaveFormat>(SAVE_FORMATS.find(({ format }) => format === kept(KEY))?.format ?? "png");

	get format(): SaveFormat {
		return this.#format;
	}

	set format(format: SaveFormat) {
		this.#format = format;
		keep(KEY, format);
	}

	get extension(): string {
		return SAVE_FORMATS.find(({ format }) => format === this.#format)!.extension;
	}
}

export const saving = new Saving();

/** Has the browser save a file under this name. */
export function saveFile(file: Blob, name: string): void {
	const url = URL.createObjectURL(file);
	Object.assign(document.createElement("a"), { href: url, download: name }).click();
	// The browser reads it after this.
	setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
