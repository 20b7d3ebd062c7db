import type { Command } from "commander";

/** How a command tells what it does. */
export interface OutputOptions {
	json?: true;
	quiet?: true;
}

export function addOutput(command: Command): Command {
	return command
		.option("--json", "print one JSON document on stdout")
		.option("-q, --quiet", "print only errors on stderr");
}
