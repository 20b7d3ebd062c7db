export interface User {
	readonly id: string;
	readonly name: string;
}
