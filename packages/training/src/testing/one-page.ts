/** Fields of a struct in Thrift's compact protocol, by their numbers: integers, texts, structs, and lists of one kind. */
type Field = number | string | Fields | readonly (number | string | Fields)[];
interface Fields {
	readonly [number: number]: Field;
}

const INTEGER = 5;
const TEXT = 8;
const LIST = 9;
const STRUCT = 12;

export function varint(value: number): number[] {
	return value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))];
}

const zigzag = (value: number) => varint(value * 2);

function kindOf(value: Field): number {
	if (typeof value === "number") return INTEGER;
	if (typeof value === "string") return TEXT;
	return Array.isArray(value) ? LIST : STRUCT;
}

function written(value: Field): number[] {
	if (typeof value === "number") return zigzag(value);
	if (typeof value === "string") return [...varint(value.length), ...Buffer.from(value)];
	if (Array.isArray(value))
		return [(value.length << 4) | kindOf(value[0] as Field), ...value.flatMap((each) => written(each as Field))];
	let before = 0;
	const fields = Object.entries(value as Fields).flatMap(([number, each]) => {
		const head = ((Number(number) - before) << 4) | kindOf(each);
		before = Number(number);
		return [head, ...written(each)];
	});
	return [...fields, 0];
}

/** A Parquet file of one column of texts, `caption`, in one page that is not packed: of this encoding, by its number, and these bytes. */
export function onePage({
	rows,
	encoding,
	page,
	isOptional = false,
}: {
	rows: number;
	encoding: number;
	page: readonly number[];
	isOptional?: boolean;
}): Uint8Array {
	const header = written({ 1: 0, 2: page.length, 3: page.length, 5: { 1: rows, 2: encoding, 3: 3, 4: 3 } });
	const size = header.length + page.length;
	const chunk = { 1: 6, 2: [encoding], 3: ["caption"], 4: 0, 5: rows, 6: size, 7: size, 9: 4 };
	const schema = [
		{ 4: "root", 5: 1 },
		{ 1: 6, 3: Number(isOptional), 4: "caption" },
	];
	const group = { 1: [{ 2: 4, 3: chunk }], 2: size, 3: rows };
	const footer = written({ 1: 1, 2: schema, 3: rows, 4: [group] });
	const length = Buffer.alloc(4);
	length.writeUInt32LE(footer.length);
	return Buffer.concat([
		Buffer.from("PAR1"),
		Buffer.from([...header, ...page, ...footer]),
		length,
		Buffer.from("PAR1"),
	]);
}
