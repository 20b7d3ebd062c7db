import { encodePicture, encodePng, openPicture, readPictureMarks, readPngParameters } from "@drum/diffusion";
import sharp from "sharp";
import { changePicture } from "../change-picture.ts";
import { changePng } from "../change-png.ts";
import type { Target } from "../target.ts";

const IMAGE = { width: 2, height: 2, data: new Uint8Array(12) };
const PARAMETERS = { prompt: "a star", alpha: 0.3, references: [{ prompt: "x", intensity: 1 }] };
/** As A1111's web UI writes them. */
const TOLD = "a star\nNegative prompt: fog\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 64x64, Model: x";

/** The parameters in a picture's file. */
export const pictures: Target = {
	name: "pictures",
	async prepare() {
		const bytes = await encodePng(IMAGE, PARAMETERS);
		return async (random) => {
			readPngParameters(changePng(random, bytes));
		};
	},
};

/** What PNG, JPEG and WebP files tell, of this project and of other programs, and their pixels. */
export const marks: Target = {
	name: "marks",
	async prepare() {
		const told = { IFD2: { UserComment: TOLD } };
		const other = sharp(IMAGE.data, { raw: { width: 2, height: 2, channels: 3 } }).withExif(told);
		const sources = [
			...(await Promise.all(
				(["png", "jpeg", "webp"] as const).map((format) => encodePicture(IMAGE, PARAMETERS, { format })),
			)),
			...[await other.clone().jpeg({ progressive: true }).toBuffer(), await other.clone().webp().toBuffer()],
			await other.clone().webp({ lossless: true }).toBuffer(),
		];
		return async (random) => {
			const changed = changePicture(random, random.pick(sources));
			if (random.chance(0.3)) await openPicture(changed, "picture");
			else await readPictureMarks(changed);
		};
	},
};
