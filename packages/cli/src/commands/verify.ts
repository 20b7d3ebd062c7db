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
		.option("--json", "print one JSON document on stdout")
		.addHelpText("after", NOTES)
		.action(async (file: string, { json }: { json?: true }) => {
			const report = await verify(file);
			stdout.write(json ? jsonText(report) : verifyText(report));
			if (!report.marked) throw new EndWith(EXIT.nothing);
		});
}

const NOTES = `
Exit codes: 0 something is there, 3 nothing is, 1 the file cannot be read or is damaged.
Metadata can be taken away, and written by anyone: that nothing is there does not mean that a person made the picture.

Examples:
  drum verify out/42-1.png
  drum verify photo.jpg --json
`;
