import { pathToFileURL } from "node:url";
import { run } from "@drum/cli";
import { begins, type Program } from "./programs.ts";

// Runs programs one after another in one process, so that its start and the packages' code are paid once. A line before each says
// which begins. It ends when nothing is left to do, as each alone would.

for (const program of JSON.parse(process.argv[2]!) as Program[]) {
	process.stdout.write(begins(program));
	if (typeof program === "string") await import(pathToFileURL(program).href);
	else {
		process.exitCode = await run(program);
		if (process.exitCode !== 0) break;
	}
}
