import { FileError } from "@drum/tensor";
import type { Command } from "commander";
import { EndWith, EXIT } from "../failure.ts";
import { jsonText } from "../printable.ts";
import type { Surroundings } from "../surroundings.ts";
import { verify } from "../verify/verify.ts";
import { verifyText } from "../verify/verify-text.ts";

export function addVerify(program: Command, { stdout }: Surroundings): void {
	program
		.command("verify")
		.description("tell what a picture's file says of where it comes from: whether an AI model drew it, and how")
		.argument("<file>", "a PNG, JPEG, WebP, AVIF, TIFF or GIF picture")
		.option("--trust <file>", "authorities whose signers are trusted: certificates in PEM; needs @drum/mark")
		.option("--json", "print one JSON document on stdout")
		.addHelpText("after", NOTES)
		.action(async (file: string, { json, trust }: { json?: true; trust?: string }) => {
			const report = await verify(file, trust);
			stdout.write(json ? jsonText(report) : verifyText(report));
			if (report.c2pa?.state === "invalid") throw changed(file, report.c2pa.problems);
			if (!report.marked) throw new EndWith(EXIT.nothing);
		});
}

function changed(file: string, problems: readonly string[]): FileError {
	return new FileError({ what: file, expected: "a signature that holds", found: problems.join(", ") });
}

const NOTES = `
Exit codes: 0 something is there, 3 nothing is, 1 the file cannot be read or is damaged, or its signature does not hold.
Metadata can be taken away, and written by anyone: that nothing is there does not mean that a person made the picture.

Examples:
  drum verify out/42-1.png
  drum verify photo.jpg --trust authorities.pem --json
`;
