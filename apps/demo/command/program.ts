import { Command } from "commander";
import { addCopyCommands } from "./copy.ts";
import { addServe } from "./serve.ts";
import type { Surroundings } from "./surroundings.ts";
import { addUserCommands } from "./user.ts";
import { addWorker } from "./work.ts";

/** The demo's command with its subcommands. */
export function createProgram(around: Surroundings): Command {
	const program = new Command("demo")
		.description("Personalised pictures as a service: a page, an interface, a queue, and a worker that draws.")
		.helpOption("-h, --help", "print this help")
		.helpCommand("help [command]", "print a command's help")
		.exitOverride()
		.configureOutput({
			writeOut: (text) => around.out(text.trimEnd()),
			writeErr: (text) => around.say(text.trimEnd()),
		});
	for (const add of [addServe, addWorker, addUserCommands, addCopyCommands]) add(program, around);
	return program;
}
