/** Where IPTC's vocabulary of digital source types lies. */
const VOCABULARY = "http://cv.iptc.org/newscodes/digitalsourcetype/";

/**
 * What IPTC calls a picture that an AI model drew, whole or in part. `trainedAlgorithmicMedia`, "Created using Generative AI": all of it.
 * `compositeWithTrainedAlgorithmicMedia`, "Edited using Generative AI": a part of another picture, as by inpainting.
 */
export type DigitalSourceType = "trainedAlgorithmicMedia" | "compositeWithTrainedAlgorithmicMedia";

export const SOURCE_TYPES: readonly DigitalSourceType[] = [
	"trainedAlgorithmicMedia",
	"compositeWithTrainedAlgorithmicMedia",
];

/** The term's address, as files hold it. */
export function sourceTypeUri(type: DigitalSourceType): string {
	return VOCABULARY + type;
}

/** The term of an address in IPTC's vocabulary, whichever it is; of another text, all of it. */
export function sourceTypeName(uri: string): string {
	return uri.replace(/^https?:\/\/cv\.iptc\.org\/newscodes\/digitalsourcetype\//, "");
}
