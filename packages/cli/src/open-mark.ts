import type { PictureMark } from "@drum/pipeline";
import { ArgumentError } from "@drum/tensor";
import { mark } from "./evaluation/packages.ts";

/** What `--sign-…` and `--no-source-type` say. */
export interface SignOptions {
	signCertificate?: string;
	signKey?: string;
	signParameters?: true;
	sourceType: boolean;
}

/**
 * What signs the files; undefined where that was not asked for.
 * @throws ArgumentError for options that do not go together, where @drum/mark is not installed, or for a key that does not fit;
 * FileError for a file that cannot be read.
 */
export async function openMark(options: SignOptions): Promise<PictureMark | undefined> {
	const { signCertificate: certificate, signKey: key, signParameters: parameters = false, sourceType } = options;
	if (certificate === undefined && key === undefined && !parameters) return undefined;
	if (certificate === undefined || key === undefined) {
		const given = [certificate && "--sign-certificate", key && "--sign-key", parameters && "--sign-parameters"];
		const found = given.filter(Boolean).join(" and ");
		throw new ArgumentError({ what: "signing", expected: "--sign-certificate and --sign-key", found });
	}
	if (!sourceType) {
		const next = "Leave one of them out";
		throw new ArgumentError({
			what: "--no-source-type",
			expected: "none with --sign-certificate, which tells it",
			next,
		});
	}
	const { openC2paMark } = await mark();
	return openC2paMark({ certificate, key, parameters });
}
