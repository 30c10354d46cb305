/** What a passkey is called that its person gave no name: after what keeps it, or else after the browser that made it. */
import type { Passkey } from './passkey.ts';

/** By models that most people have (passkeydeveloper/passkey-authenticator-aaguids). Nothing is believed of them but the name. */
const keepers: Readonly<Record<string, string>> = {
  'ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4': 'Google Password Manager',
  'adce0002-35bc-c60a-648b-0b25f1f05503': 'Chrome (macOS)',
  '771b48fd-d3d4-4f74-9232-fc157ab0507a': 'Edge (macOS)',
  '08987058-cadc-4b81-b6e1-30de50dcbe96': 'Windows Hello',
  '9ddd1817-af5a-4672-a2b9-3e3dd95000a9': 'Windows Hello',
  '6028b017-b1d4-4c02-b4b3-afcdafc96bb2': 'Windows Hello',
  'fbfc3007-154e-4ecc-8c0b-6e020557d7bd': 'Apple Passwords',
  'dd4ec289-e01d-41c9-bb89-70fa845d4bf2': 'iCloud Keychain',
  '53414d53-554e-4700-0000-000000000000': 'Samsung Pass',
  'bada5566-a7aa-401f-bd96-45619a55120d': '1Password',
  'd548826e-79b4-db40-a3d8-11116f7e8349': 'Bitwarden',
  '531126d6-e717-415c-9320-3d9aa6981239': 'Dashlane',
  'b84e4048-15dc-4dd0-8640-f4f60813c8af': 'NordPass',
  '0ea242b4-43c4-4a1b-8b17-dd6d0b6baec6': 'Keeper',
  'f3809540-7f14-49c1-a8b3-8f813b225541': 'Enpass',
  '50726f74-6f6e-5061-7373-50726f746f6e': 'Proton Pass',
  'fdb141b2-5d84-443e-8a35-4698c205a502': 'KeePassXC',
  '2fc0579f-8113-47ea-b116-bb5a8db9202a': 'YubiKey',
  '73bb0cd4-e502-49b8-9c6f-b59445bf720b': 'YubiKey',
  'c5ef55ff-ad9a-4b9f-b580-adebafe026d0': 'YubiKey',
};

/** One that is carried from device to device is not called after the browser that it was plugged into. */
const carriers: readonly (readonly [string, string])[] = [
  ['usb', 'USB'],
  ['nfc', 'NFC'],
  ['ble', 'Bluetooth'],
];

/**
 * @param browser as `browserNameIn` calls it
 * @param taken names of their other passkeys: one that is called the same is numbered
 * @returns empty where nothing is known
 */
export function passkeyNameFor(
  { aaguid, transports }: Pick<Passkey, 'aaguid' | 'transports'>,
  browser: string,
  taken: readonly string[],
): string {
  const isHere = transports.length === 0 || transports.includes('internal');
  const carrier = carriers.find(([transport]) => transports.includes(transport))?.[1];
  const keeper = Object.hasOwn(keepers, aaguid) ? keepers[aaguid] : undefined;
  const name = keeper ?? (isHere ? browser : (carrier ?? ''));
  if (name === '' || !taken.includes(name)) return name;
  let number = 2;
  while (taken.includes(`${name} ${String(number)}`)) number += 1;
  return `${name} ${String(number)}`;
}
