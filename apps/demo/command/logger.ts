import { type Logger, pino } from "pino";

export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Lines of JSON on standard output. Of an error only what the code says of it: a database's holds the values of a query too. */
export function createLogger(level: LogLevel): Logger {
	return pino({
		level,
		serializers: {
			err({ name, message, stack, code }: Error & { code?: string | number }) {
				return { type: name, message, stack, ...(code !== undefined && { code }) };
			},
		},
	});
}
