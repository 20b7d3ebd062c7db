#!/usr/bin/env node
import { run } from "./run.ts";

const controller = new AbortController();
// The first interrupt waits for the step in progress: ending a model's thread while it runs would abort the process.
// The handler is then gone, and a second interrupt kills.
process.once("SIGINT", () => {
	process.stderr.write("\nstopping after the step in progress; press Ctrl-C again to stop at once\n");
	controller.abort();
});
for (const stream of [process.stdout, process.stderr]) {
	// Whoever read the output has enough of it, as `head` does.
	stream.on("error", (error: NodeJS.ErrnoException) => {
		if (error.code !== "EPIPE") throw error;
	});
}
process.exitCode = await run(process.argv.slice(2), { signal: controller.signal });
