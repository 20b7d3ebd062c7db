import type { Image } from "./image.ts";

/** A picture in red, green and blue, whatever it was given as. */
export class OpenedPicture implements Image {
	readonly width: number;
	readonly height: number;
	readonly data: Uint8Array;
	/** Whether something shone through it. */
	readonly transparent: boolean;

	constructor({ width, height, data }: Image, transparent: boolean) {
		this.width = width;
		this.height = height;
		this.data = data;
		this.transparent = transparent;
	}
}
