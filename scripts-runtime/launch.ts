/** The command line that starts a child: what it is kept from, by Linux where it can and by Node in any case. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';

export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
}

/** Of writable memory; V8 reserves half a gigabyte for each isolate's code without ever using it. Kilobytes. */
const dataKb = 2_300_000;
/** Of processor time in the whole life of a child. Seconds. */
const cpuSeconds = 3_600;

/**
 * No files, processes, threads, inspector (Node's permission model). Not denied by it: the network, and what the addon does.
 * `-`: the program comes over standard input, so that no file of ours has to be readable.
 */
const nodeFlags = [
  ...['--permission', '--allow-addons', '--no-node-snapshot', '--max-old-space-size=96'],
  ...['--disable-warning=PERM0001', '--disable-warning=ExperimentalWarning', '--input-type=module', '-'],
];

const limits = `ulimit -c 0; ulimit -t ${String(cpuSeconds)}; ulimit -d ${String(dataKb)}; ulimit -n 64`;

/**
 * Makes a file system that holds the files named before `--` and nothing else, and goes there for good: what is left behind is
 * unmounted, and with the capabilities gone nothing can be mounted again.
 */
const enter = `set -e
PATH=/usr/sbin:/usr/bin:/sbin:/bin
${limits}
mount -t tmpfs -o size=1m,mode=755 none /sys
cd /sys
while [ "$1" != -- ]; do
  if [ -d "$1" ]; then mkdir -p ".$1"; else mkdir -p ".\${1%/*}"; : > ".$1"; fi
  mount -o bind,ro "$1" ".$1"
  shift
done
shift
mkdir old proc
mount -o rbind /proc proc
mount -o remount,bind,ro .
pivot_root . old
umount -l /old
umount -l /proc
cd /
unset PWD OLDPWD
exec setpriv --no-new-privs --bounding-set -all --inh-caps -all -- "$@"`;

const stay = `set -e
${limits} || true
unset PWD OLDPWD
exec "$@"`;

/** In both, a child dies with the process that started it. */
const dieWithUs = ['--pdeathsig', 'KILL', '--'];

const systemLibraries = ['/lib', '/lib64', '/usr/lib', '/usr/lib64'];

function findTool(name: string): string | undefined {
  return ['/usr/bin', '/bin', '/usr/sbin', '/sbin']
    .map((folder) => `${folder}/${name}`)
    .find((path) => existsSync(path));
}

/** @returns undefined where the machine lacks what namespaces need */
function inNamespaces(node: string, addon: string): Launch | undefined {
  const [unshare, setpriv, umount] = ['unshare', 'setpriv', 'umount'].map(findTool);
  if (unshare === undefined || setpriv === undefined || umount === undefined) return undefined;
  const files = [...systemLibraries, '/dev/null', '/dev/urandom', umount, setpriv, node, dirname(addon)];
  const visible = files.filter((path) => existsSync(path));
  return {
    command: setpriv,
    args: [
      ...dieWithUs,
      ...[unshare, '--map-root-user', '--net', '--mount', '--pid', '--ipc', '--uts', '--fork', '--kill-child', '--'],
      ...['/bin/sh', '-c', enter, 'sh', ...visible, '--', node, ...nodeFlags, addon],
    ],
  };
}

function asIs(node: string, addon: string): Launch {
  const setpriv = findTool('setpriv');
  const shell = ['/bin/sh', '-c', stay, 'sh', node, ...nodeFlags, addon];
  if (setpriv === undefined) return { command: '/bin/sh', args: shell.slice(1) };
  return { command: setpriv, args: [...dieWithUs, ...shell] };
}

/** @throws Error when namespaces are asked for and cannot be had here */
export function launchOf(isolation: 'namespaces' | 'none', addon: string): Launch {
  if (isolation === 'none') return asIs(process.execPath, addon);
  const launch = inNamespaces(process.execPath, addon);
  if (launch === undefined)
    throw new Error('children in namespaces of their own need Linux with unshare, setpriv and umount (util-linux)');
  return launch;
}
