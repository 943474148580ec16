export { PAGE_HEADERS } from './headers.ts';
export { type PageFile, pageFile } from './page-file.ts';
