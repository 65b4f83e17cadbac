export const LARGEST_FIRST_LOAD: number;
export function compressFiles(directory: string): Promise<void>;
export function assertFirstLoad(directory: string, limit?: number): Promise<number>;
