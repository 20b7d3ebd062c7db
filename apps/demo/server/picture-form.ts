import { type ParametersForm, readPngParameters, replacePngParameters, shareableParameters } from "@drum/pipeline";

/** What pictures say that were stored before files said what they are. */
const DRAWN = "trainedAlgorithmicMedia";

/**
 * A picture's PNG file as it is handed out. What is stored tells all; no form tells where on this machine the model lies, and only
 * `full` the earlier prompts that steered the picture, liked and disliked.
 */
export function pictureIn(form: ParametersForm, png: Uint8Array): Uint8Array {
	const told = readPngParameters(png);
	if (form === "none" || !told) return replacePngParameters(png, undefined, DRAWN);
	const { references, negativeReferences } = told;
	const steered = { ...(references && { references }), ...(negativeReferences && { negativeReferences }) };
	return replacePngParameters(png, { ...shareableParameters(told), ...(form === "full" && steered) }, DRAWN);
}
