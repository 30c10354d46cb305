/** Hashes of other systems, by the vectors of their own specifications; and what nobody can plant in an import. */
import assert from 'node:assert/strict';
import { parseForeignHash } from '../../../../server/credentials/password/foreign-hash.ts';

const plain = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '');
const salted = (id: string, salt: string, hex: string) =>
  `$${id}$${plain(Buffer.from(salt))}$${plain(Buffer.from(hex.replaceAll(' ', ''), 'hex'))}`;
const fips256 = 'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq';
const fips512 = `abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu`;
const sha256 = '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1';
const bcrypt = 'CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW';

const vectors: readonly (readonly [string, string, string])[] = [
  ['bcrypt $2a$ (crypt_blowfish)', 'U*U', `$2a$05$${bcrypt}`],
  ['bcrypt $2b$', 'U*U', `$2b$05$${bcrypt}`],
  ['bcrypt $2y$', 'U*U', `$2y$05$${bcrypt}`],
  [
    'PBKDF2-HMAC-SHA1 (RFC 6070)',
    'password',
    salted('pbkdf2-sha1$i=4096', 'salt', '4b007901b765489abead49d926f721d065a429c1'),
  ],
  [
    'PBKDF2-HMAC-SHA1 as passlib calls it (RFC 6070)',
    'passwordPASSWORDpassword',
    salted('pbkdf2$4096', 'saltSALTsaltSALTsaltSALTsaltSALTsalt', '3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038'),
  ],
  [
    'PBKDF2-HMAC-SHA256 (RFC 7914 §11)',
    'Password',
    salted(
      'pbkdf2-sha256$i=80000,l=64',
      'NaCl',
      '4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d',
    ),
  ],
  [
    'PBKDF2-HMAC-SHA256 as passlib writes it (its documentation)',
    'toomanysecrets',
    '$pbkdf2-sha256$29000$N2YMIWQsBWBMae09x1jrPQ$1t8iyB2A.WF/Z5JZv.lfCIhXXN33N23OSgQYThBYRfk',
  ],
  [
    'PBKDF2-HMAC-SHA512 (the inputs of RFC 6070)',
    'password',
    salted(
      'pbkdf2-sha512$i=1',
      'salt',
      '867f70cf1ade02cff3752599a3a53dc4af34c7a669815ae5d513554e1c8cf252c02d470a285a0501bad999bfe943c08f050235d7d68b1da55e63f73b60a57fce',
    ),
  ],
  [
    'scrypt (RFC 7914 §12)',
    'pleaseletmein',
    salted(
      'scrypt$ln=14,r=8,p=1',
      'SodiumChloride',
      '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887',
    ),
  ],
  [
    'scrypt with sixteen lanes (RFC 7914 §12)',
    'password',
    salted(
      'scrypt$ln=10,r=8,p=16',
      'NaCl',
      'fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640',
    ),
  ],
  [
    'argon2id (the reference implementation)',
    'password',
    '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
  ],
  [
    'argon2i (the reference implementation)',
    'password',
    '$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA',
  ],
  [
    'SHA-1 of password and salt (FIPS 180-4)',
    fips256.slice(0, -8),
    salted('sha1', fips256.slice(-8), '84983e441c3bd26ebaae4aa1f95129e5e54670f1'),
  ],
  ['SHA-256 of password and salt (FIPS 180-4)', fips256.slice(0, -8), salted('sha256', fips256.slice(-8), sha256)],
  ['SHA-256 in the order that it names', fips256.slice(0, -8), salted('sha256$o=ps', fips256.slice(-8), sha256)],
  ['SHA-256 of salt and password', fips256.slice(8), salted('sha256$o=sp', fips256.slice(0, 8), sha256)],
  [
    'SHA-512 of password and salt (FIPS 180-4)',
    fips512.slice(0, -16),
    salted(
      'sha512',
      fips512.slice(-16),
      '8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909',
    ),
  ],
];

const salt = 'c29tZXNhbHQ';
const key = 'CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
const refused: readonly (readonly [string, string])[] = [
  ['bcrypt that takes seconds', `$2b$15$${bcrypt}`],
  ['bcrypt of a cost that there is not', `$2b$03$${bcrypt}`],
  ['bcrypt with the bug of old PHP', `$2x$05$${bcrypt}`],
  ['PBKDF2 of too many rounds', `$pbkdf2-sha512$i=2000001$${salt}$${key}`],
  ['PBKDF2 of rounds beyond counting', `$pbkdf2-sha512$i=99999999999$${salt}$${key}`],
  ['PBKDF2 of no round', `$pbkdf2-sha512$i=0$${salt}$${key}`],
  ['PBKDF2 of another length than it says', `$pbkdf2-sha512$i=1000,l=64$${salt}$${key}`],
  ['PBKDF2 with a key that is guessed', `$pbkdf2-sha512$i=1000$${salt}$AAAA`],
  ['PBKDF2 with a digest that is broken', `$pbkdf2-md5$i=1000$${salt}$${key}`],
  ['scrypt of 256 MiB', `$scrypt$ln=18,r=8,p=1$${salt}$${key}`],
  ['scrypt of gigabytes', `$scrypt$ln=20,r=32,p=1$${salt}$${key}`],
  ['scrypt of 99 lanes', `$scrypt$ln=14,r=8,p=99$${salt}$${key}`],
  ['scrypt of no lane', `$scrypt$ln=14,r=8,p=0$${salt}$${key}`],
  ['scrypt of no block', `$scrypt$ln=14,r=0,p=1$${salt}$${key}`],
  ['argon2id of a gigabyte', `$argon2id$v=19$m=999999,t=2,p=1$${salt}$${key}`],
  ['argon2id of 99 passes', `$argon2id$v=19$m=65536,t=99,p=1$${salt}$${key}`],
  ['argon2d, which leaks through caches', `$argon2d$v=19$m=65536,t=2,p=1$${salt}$${key}`],
  ['a digest without a salt', `$sha256$$${key}`],
  ['a digest of another length', `$sha512$${salt}$${key}`],
  ['a digest in an order that there is not', `$sha256$o=pp$${salt}$${key}`],
  ['MD5', `$md5$${salt}$${key}`],
  ['a password in clear', 'correct horse battery staple'],
  ['nothing', ''],
  ['what does not fit into its column', `$pbkdf2-sha512$i=1000$${salt}$${'A'.repeat(300)}`],
  ['a line after it', `$sha256$${salt}$${key}\n`],
];

describe('parseForeignHash', () => {
  for (const [what, password, hash] of vectors) {
    it(`verifies ${what}`, async () => {
      const matches = parseForeignHash(hash);
      assert.ok(matches !== undefined, hash);
      assert.equal(await matches(password), true);
      assert.equal(await matches(`${password}!`), false);
      assert.equal(await matches(''), false);
    });
  }

  for (const [what, hash] of refused) {
    it(`refuses ${what}`, () => {
      assert.equal(parseForeignHash(hash), undefined);
    });
  }

  it('is not held up by what is meant to hold it up', () => {
    for (const form of ['$sha256$', '$pbkdf2$1$', '$scrypt$ln=1,r=1,p=1$'])
      assert.equal(parseForeignHash(form + 'A'.repeat(200_000)), undefined);
  });
});
