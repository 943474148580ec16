import { byId, make } from './dom.js';

/**
 * @typedef {object} Example
 * @property {string} title
 * @property {string} lang
 * @property {string} query
 * @property {string} [instruction]
 * @property {readonly string[]} documents
 */

/** @type {readonly Example[]} */
const EXAMPLES = [
  {
    title: 'Undo a commit',
    lang: 'en',
    query: 'how do I undo my last git commit',
    documents: [
      'git stash puts uncommitted changes aside, and git stash pop brings them back.',
      'git log --oneline shows the history with one commit a line, newest first.',
      'Lower eggs into boiling water: about six minutes give a runny yolk, ten to twelve a firm one.',
      'Use git revert for a commit that has been pushed: it adds a new commit that reverses the old one.',
      'chmod 755 gives the owner all rights, and everybody else the right to read and execute.',
      'To undo the last commit but keep its changes staged, run git reset --soft HEAD~1.',
      'git clone copies a repository with its history into a new folder.',
    ],
  },
  {
    title: '读取大型 CSV',
    lang: 'zh-CN',
    query: '如何在 Python 中读取大型 CSV 文件？',
    documents: [
      'json.dumps 把 Python 对象转换成 JSON 字符串。',
      'git stash 会把尚未提交的修改暂时存起来。',
      '用 csv.writer 可以把数据逐行写入 CSV 文件。',
      '读取大型 CSV 文件时，给 pandas.read_csv 传入 chunksize 参数，就能分块处理，不必一次读入内存。',
      '红烧肉要先焯水，再用小火慢炖。',
      'python -m venv .venv 会创建一个虚拟环境。',
      'CSV 是一种纯文本格式，字段之间通常用逗号分隔。',
    ],
  },
  {
    title: '401 or 403',
    lang: 'en',
    query: 'What is the difference between HTTP 401 and 403?',
    documents: [
      'A 404 response means that the server found nothing at this address.',
      'With Cache-Control: max-age=3600 a client may reuse a response for an hour without asking.',
      'A browser blocks scripts from reading responses of other origins unless the server allows it.',
      'HTTP 401 means that the request has no valid credentials; 403 means that the server knows who asks and does not allow it.',
      'A 301 redirect is permanent, a 302 is temporary.',
      'Blot a fresh coffee stain with a cloth and rinse it with cold water.',
    ],
  },
  {
    title: 'Port 3000',
    lang: 'en',
    query: 'find out which process uses port 3000',
    instruction: 'Given a task, retrieve the shell command that performs it',
    documents: [
      'df -h: shows how full each file system is',
      'chmod 755 FILE: gives the owner all rights, others may read and execute',
      'Port 443 is the default for HTTPS, port 80 for HTTP.',
      'lsof -i :3000: lists the processes that use port 3000',
      'du -ah /var | sort -rh | head: lists the largest files and folders',
      'ps aux: lists all processes',
    ],
  },
];

/**
 * A button for each example.
 * @param {(example: Example) => void} take
 */
export function startExamples(take) {
  byId('examples', HTMLElement).append(
    ...EXAMPLES.map((example) => {
      const button = make('button', 'example', example.title);
      button.type = 'button';
      button.lang = example.lang;
      button.addEventListener('click', () => take(example));
      return button;
    }),
  );
}
