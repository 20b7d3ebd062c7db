/**
 * Run as a process of its own: locks the folder `argv[2]` over and over, and writes to the file `argv[3]` when it has it and
 * when it is about to give it up. Every third time it dies with it instead.
 */
import { appendFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { lockFolder } from "../folder-lock.ts";

const [folder, log] = process.argv.slice(2) as [string, string];
for (let times = 1; ; ) {
	try {
		const unlock = await lockFolder(folder, "the folder");
		appendFileSync(log, `has ${process.pid}\n`);
		await setTimeout(Math.random() * 5);
		appendFileSync(log, `leaves ${process.pid}\n`);
		if (times++ === 3) process.kill(process.pid, "SIGKILL");
		await unlock();
	} catch {
		// Another has it.
		await setTimeout(Math.random() * 5);
	}
}
