const UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

/** A number of bytes as text, with three digits and in powers of 1000, as hubs and disks count: `3.44 GB`. Below 1000 it is exact: `999 B`. */
export function bytesText(bytes: number): string {
	let [value, unit] = [bytes, 0];
	// From 999.5 on, three digits round to 1000, which is 1.00 of the next unit.
	for (; value >= (unit === 0 ? 1000 : 999.5) && unit < UNITS.length - 1; unit++) value /= 1000;
	return `${unit === 0 ? value : value >= 1000 ? Math.round(value) : value.toPrecision(3)} ${UNITS[unit]}`;
}
