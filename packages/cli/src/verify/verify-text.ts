import type { ManifestReport } from "@drum/mark";
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
	const { name, format, width, height, marked, sourceType, parameters, settings, manifest, c2pa } = report;
	const head = `${printable(name)}: ${NAMES[format] ?? format} of ${width} × ${height}`;
	if (!marked) return `${head}, whose file says nothing about its origin\n`;
	const rows: string[][] = [["source type", sourceType === undefined ? "not given" : withMeaning(sourceType)]];
	if (c2pa) rows.push(...signatureRows(c2pa));
	else if (manifest) rows.push(["signature", "a C2PA manifest; install @drum/mark to check it"]);
	if (parameters) rows.push(["drawn by", "DrUM"], ...parameterRows(parameters));
	if (settings) rows.push(["drawn by", settings.program], ...parameterRows({ ...settings, program: undefined }));
	return `${head}\n${table(rows)}`;
}

const STATES: Readonly<Record<ManifestReport["state"], string>> = {
	trusted: "valid, by a signer whose authority is trusted",
	valid: "valid, by a signer whose authority is unknown here",
	invalid: "invalid: the picture or its manifest was changed",
};

function signatureRows({ state, signer, agent, sourceType, problems }: ManifestReport): string[][] {
	const rows: (readonly [string, string | undefined])[] = [
		["signature", `C2PA, ${STATES[state]}`],
		["signer", signer],
		["agent", agent],
		["signed type", sourceType && withMeaning(sourceType)],
		["problems", problems.join(", ") || undefined],
	];
	return rows.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
}

function withMeaning(type: string): string {
	const meaning = MEANINGS[type];
	return meaning === undefined ? type : `${type}: ${meaning}`;
}
