import { PROMPT_SYNTAXES } from "@drum/peca";
import type { GenerateOptions } from "./options.ts";

const finite = (low: number, high: number) => (value: unknown) =>
	typeof value === "number" && value >= low && value <= high;
const whole = (low: number, high: number) => (value: unknown) => Number.isInteger(value) && finite(low, high)(value);
const text = (value: unknown) => typeof value === "string";
const texts = (value: unknown) => text(value) || (Array.isArray(value) && value.every(text));
const TEXTS = "a string or a list of strings";
const pair = (low: number) => (value: unknown) =>
	Array.isArray(value) && value.length === 2 && value.every(whole(low, 65536));
const numbers = (value: unknown) =>
	Array.isArray(value) && value.length > 0 && value.length <= 1000 && value.every(Number.isFinite);
const layers = (value: unknown) =>
	Array.isArray(value) && value.every(whole(0, 1000)) && new Set(value).size === value.length;
/** Whether it can be a picture. Its content is checked when it is read. */
const given = (value: unknown) => typeof value === "string" || (typeof value === "object" && value !== null);
const PICTURES = "a picture, or a list of one for each prompt: a path, a file's bytes, or { width, height, data }";
const SIZE = "[height, width], integers from 1 to 65536";
const PLACE = "[top, left], integers from 0 to 65536";

/** For each option: a check of its value, and what messages say is expected. */
export const OPTION_RULES: readonly [keyof GenerateOptions, (value: unknown) => boolean, string][] = [
	["promptSyntax", (value) => PROMPT_SYNTAXES.some((each) => each === value), `one of ${PROMPT_SYNTAXES.join(", ")}`],
	["prompt2", texts, TEXTS],
	["prompt3", texts, TEXTS],
	["negativePrompt2", texts, TEXTS],
	["negativePrompt3", texts, TEXTS],
	["clipSkip", whole(0, 1000), "an integer from 0"],
	["maxSequenceLength", whole(1, 512), "an integer from 1 to 512"],
	["denoisingEnd", finite(0, 1), "a number from 0 to 1"],
	["image", given, PICTURES],
	["mask", given, PICTURES],
	["strength", (value) => finite(0, 1)(value) && value !== 0, "a number above 0, up to 1"],
	["height", whole(8, 16384), "an integer from 8 to 16384"],
	["width", whole(8, 16384), "an integer from 8 to 16384"],
	["numInferenceSteps", whole(1, 1000), "an integer from 1 to 1000"],
	["timesteps", numbers, "a list of up to 1000 numbers, falling"],
	["sigmas", numbers, "a list of up to 1000 numbers, falling"],
	["mu", finite(-50, 50), "a number from −50 to 50"],
	["guidanceScale", finite(0, 1e6), "a number from 0"],
	["guidanceStart", finite(0, 1), "a number from 0 to 1"],
	["guidanceEnd", finite(0, 1), "a number from 0 to 1"],
	["guidanceRescale", finite(0, 1), "a number from 0 to 1"],
	["skipGuidanceLayers", layers, "a list of different integers from 0"],
	["skipLayerGuidanceScale", finite(0, 1e6), "a number from 0"],
	["skipLayerGuidanceStart", finite(0, 1), "a number from 0 to 1"],
	["skipLayerGuidanceStop", finite(0, 1), "a number from 0 to 1"],
	["trueCfgScale", finite(0, 1e6), "a number from 0"],
	["originalSize", pair(1), SIZE],
	["cropsCoordsTopLeft", pair(0), PLACE],
	["targetSize", pair(1), SIZE],
	["negativeOriginalSize", pair(1), SIZE],
	["negativeCropsCoordsTopLeft", pair(0), PLACE],
	["negativeTargetSize", pair(1), SIZE],
	["vaeTiling", (value) => typeof value === "boolean", "true or false"],
	["numImagesPerPrompt", whole(1, 1024), "an integer from 1 to 1024"],
	["eta", finite(0, 1), "a number from 0 to 1"],
	["negativePrompt", texts, TEXTS],
	["caller", text, "a string"],
	["onProgress", (value) => typeof value === "function", "a function"],
	["onStep", (value) => typeof value === "function", "a function"],
	["onImage", (value) => typeof value === "function", "a function"],
	["signal", (value) => value instanceof AbortSignal, "an AbortSignal"],
];
