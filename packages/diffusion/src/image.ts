import { ArgumentError, DeviceError, float32, type Tensor } from "@drum/tensor";
import { roundHalfEven } from "./schedulers/timesteps.ts";

/** A picture: rows from the top, three bytes (red, green, blue) a pixel. */
export interface Image {
	readonly width: number;
	readonly height: number;
	/** `width · height · 3` bytes. */
	readonly data: Uint8Array;
}

/** Pixels as an `Image` has them. */
type PlainImage = Pick<Image, "width" | "height"> & { readonly data: ArrayLike<number> };

const CHANNELS = 3;

/**
 * The pictures in what the VAE decodes, [n, 3, height, width] with values from −1 to 1; values beyond are clipped.
 * Rounded as diffusers' VaeImageProcessor rounds, in float32 and ties to even.
 * @throws ArgumentError for another shape.
 * @throws DeviceError where a value is not a number.
 */
export function toImages({ dims, data }: Tensor<"float32">): Image[] {
	const [count = 0, channels, height = 0, width = 0] = dims;
	const pixels = height * width;
	if (dims.length !== 4 || channels !== CHANNELS || data.length !== count * CHANNELS * pixels) {
		throw new ArgumentError({
			what: "the decoded pictures",
			expected: "float32 of shape [n, 3, height, width]",
			found: `[${dims.join(", ")}] with ${data.length} values`,
		});
	}
	return Array.from({ length: count }, (_, image) => {
		const bytes = new Uint8Array(CHANNELS * pixels);
		for (let channel = 0; channel < CHANNELS; channel++) {
			const start = (image * CHANNELS + channel) * pixels;
			for (let pixel = 0; pixel < pixels; pixel++) {
				bytes[pixel * CHANNELS + channel] = toByte(data[start + pixel]!);
			}
		}
		return { width, height, data: bytes };
	});
}

/**
 * Pictures of one size as a VAE encodes them, [n, 3, height, width] with values from −1 to 1, rounded as diffusers' VaeImageProcessor
 * rounds: what `toImages` makes of it are the same pictures.
 */
export function fromImages(images: readonly PlainImage[]): Tensor<"float32"> {
	const { width, height } = images[0]!;
	const pixels = width * height;
	const values = new Float32Array(images.length * CHANNELS * pixels);
	for (const [i, { data }] of images.entries()) {
		for (let channel = 0; channel < CHANNELS; channel++) {
			const start = (i * CHANNELS + channel) * pixels;
			for (let pixel = 0; pixel < pixels; pixel++) {
				values[start + pixel] = 2 * Math.fround(data[pixel * CHANNELS + channel]! / 255) - 1;
			}
		}
	}
	return float32(values, [images.length, CHANNELS, height, width]);
}

function toByte(value: number): number {
	if (Number.isNaN(value)) {
		throw new DeviceError({
			what: "the decoded picture",
			expected: "numbers",
			found: "NaN",
			next: "Check what they were decoded from, and that the weights are whole",
		});
	}
	const unit = Math.min(Math.max(Math.fround(value * 0.5 + 0.5), 0), 1);
	return roundHalfEven(Math.fround(unit * 255));
}
