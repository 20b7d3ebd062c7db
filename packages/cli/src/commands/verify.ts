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
		.description("show where a picture comes from, as far as its file says: whether an AI model drew it, and how")
		.argument("<file>", "a PNG, JPEG, WebP, AVIF, TIFF or GIF picture")
		.option("--trust <file>", "certificates (PEM) of authorities to trust for signatures; needs @drum/mark")
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
	return new FileError({ what: file, expected: "a valid signature", found: problems.join(", ") });
}

const NOTES = `
Exit codes: 0 the file says something about its origin, 3 it says nothing, 1 it cannot be read, is damaged, or has an invalid signature.
Anyone can write metadata or remove it. A file without metadata may still have been drawn by an AI model.

Examples:
  drum verify out/42-1.png
  drum verify photo.jpg --trust authorities.pem --json
`;
