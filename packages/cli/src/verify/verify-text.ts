import { parameterRows, printable, table } from "../printable.ts";
import type { VerifyReport } from "./verify.ts";

/** What IPTC's terms mean, of those that are about models; of others the name must do. */
const MEANINGS: Readonly<Record<string, string>> = {
	trainedAlgorithmicMedia: "an AI model drew it",
	compositeWithTrainedAlgorithmicMedia: "an AI model drew a part of it",
	algorithmicMedia: "an algorithm made it, without training",
	digitalCapture: "a camera took it",
};

const NAMES: Readonly<Record<string, string>> = {
	png: "PNG",
	jpeg: "JPEG",
	webp: "WebP",
	heif: "AVIF",
	tiff: "TIFF",
	gif: "GIF",
};

/** The report for the eye. */
export function verifyText(report: VerifyReport): string {
	const { name, format, width, height, marked, sourceType, parameters, settings, manifest } = report;
	const head = `${printable(name)}: ${NAMES[format] ?? format} of ${width} × ${height}`;
	if (!marked) return `${head}, which says nothing of where it comes from\n`;
	const rows: string[][] = [["source type", sourceType === undefined ? "not told" : withMeaning(sourceType)]];
	if (manifest) rows.push(["signature", "a C2PA manifest, not checked"]);
	if (parameters) rows.push(["drawn by", "DrUM"], ...parameterRows(parameters));
	if (settings) rows.push(["drawn by", settings.program], ...parameterRows({ ...settings, program: undefined }));
	return `${head}\n${table(rows)}`;
}

function withMeaning(type: string): string {
	const meaning = MEANINGS[type];
	return meaning === undefined ? type : `${type}: ${meaning}`;
}
