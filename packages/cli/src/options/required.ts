import { type Command, Option } from "commander";

/**
 * Adds an option that must be given. Commander's own required options are asked for before unknown ones are told, so that
 * `--promt` would be answered with "prompt is missing" and not with its right spelling.
 */
export function addRequired(command: Command, flags: string, text: string): Command {
	const option = new Option(flags, `${text} (required)`);
	return command.addOption(option).hook("preAction", () => {
		if (command.opts()[option.attributeName()] === undefined) {
			command.error(`error: required option '${flags}' not specified`);
		}
	});
}
