import {
	convertPicture,
	type ImageParameters,
	type ParametersForm,
	type PictureFormat,
	readPngParameters,
	replacePngParameters,
	shareableParameters,
} from "@drum/pipeline";
import { DrumError } from "@drum/tensor";
import { Refusal } from "./refusal.ts";

/** What pictures say that were stored before files said what they are. */
const DRAWN = "trainedAlgorithmicMedia";

export interface PictureForm {
	readonly parameters: ParametersForm;
	/** Default PNG. */
	readonly format?: PictureFormat | undefined;
	/** Of JPEG and WebP, 1 to 100. */
	readonly quality?: number | undefined;
}

/**
 * A picture's stored PNG file as it is handed out: it says that a model drew it, in every format. What is stored tells all; no form tells
 * where on this machine the model lies, and only `full` the earlier prompts that steered the picture, liked and disliked.
 * @throws Refusal for parameters that a JPEG file cannot hold
 */
export async function pictureIn(
	{ parameters: form, format = "png", quality }: PictureForm,
	png: Uint8Array,
): Promise<Uint8Array> {
	const told = toldIn(form, png);
	if (format === "png") return replacePngParameters(png, told, DRAWN);
	try {
		return await convertPicture(png, told, { format, quality });
	} catch (error) {
		if (!DrumError.is(error) || error.code !== "argument") throw error;
		const detail = "Ask for PNG or WebP, or for parameters that can be shared";
		throw new Refusal({ status: 422, kind: "too-much-told", title: "The file cannot hold all parameters", detail });
	}
}

function toldIn(form: ParametersForm, png: Uint8Array): ImageParameters | undefined {
	const told = readPngParameters(png);
	if (form === "none" || !told) return undefined;
	const { references, negativeReferences } = told;
	const shared = shareableParameters(told);
	if (form !== "full") return shared;
	return { ...shared, ...(references && { references }), ...(negativeReferences && { negativeReferences }) };
}
