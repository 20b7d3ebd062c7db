import { InvalidArgumentError, Option } from "commander";

/** How long a job that has begun may take to be done when its worker is asked to stop. */
export const graceOption = () =>
	new Option("--grace <seconds>", "how long a running job may still take when the service is stopped")
		.argParser(parseGrace)
		.default(20);

/** What is said when it is asked to stop. */
export function stoppingText(grace: number): string {
	return `Stopping; a running job may take ${grace} more seconds. Stop again to end at once`;
}

function parseGrace(text: string): number {
	const seconds = Number(text);
	if (/^\d+(\.\d+)?$/.test(text) && seconds <= 86_400) return seconds;
	throw new InvalidArgumentError("Expected seconds, from 0 to 86400.");
}
