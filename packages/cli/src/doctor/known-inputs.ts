import { float32, RandomState, type Tensor } from "@drum/tensor";

/** What text encoders read, and the first picture shows. */
export const KNOWN_PROMPT = "a photograph of an astronaut riding a horse";
/** What steers a personalised picture. */
export const KNOWN_REFERENCES = ["a watercolour of a fishing village", "ukiyo-e woodblock print of a storm at sea"];

/** Unit Gaussian noise, the same in every report. */
export function knownNoise(dims: readonly number[]): Tensor<"float32"> {
	const size = dims.reduce((product, extent) => product * extent, 1);
	return float32(Float32Array.from(new RandomState(42).randn(size)), dims);
}

/** A picture of smooth colours with an edge, `[1, channels, side, side]` in −1 … 1. */
export function knownPicture(channels: number, side: number): Tensor<"float32"> {
	const data = Float32Array.from({ length: channels * side * side }, (_, i) => {
		const [x, y, channel] = [i % side, Math.floor(i / side) % side, Math.floor(i / side / side)];
		const smooth = Math.sin(((x + 1 + channel) / side) * Math.PI) * Math.cos((y / side) * Math.PI);
		return x > y ? smooth : -smooth / 2;
	});
	return float32(data, [1, channels, side, side]);
}
