// New applications, outside of this tree, which use only the package.

import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const ROOT = resolve(import.meta.dirname, '../../../..');
const NUGETS = join(ROOT, 'build/nuget/test');
const run = promisify(execFile);

// freePort returns a port that the system picked.
export function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

// blocks returns the text of the code blocks of one language in a manual.
async function blocks(path, language) {
  const text = await readFile(join(ROOT, path), 'utf8');
  return [...text.matchAll(new RegExp('^```' + language + '\\n(.*?)^```$', 'gms'))].map((m) => m[1]);
}

const PROJECT = (version, framework = 'net8.0') => `<Project Sdk="Microsoft.NET.Sdk.Web">
  <PropertyGroup>
    <TargetFramework>${framework}</TargetFramework>
    <Nullable>enable</Nullable>
    <ImplicitUsings>enable</ImplicitUsings>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="SignalMesh.AspNetCore" Version="${version}" />
  </ItemGroup>
</Project>
`;

// An Application is a folder with a project.
export class Application {
  constructor(folder, name) {
    this.folder = folder; // of the projects
    this.name = name;
  }

  // publish publishes the application and returns the folder. The packages are extracted
  // anew, so that an older build of the package is not used.
  async publish(form, ...flags) {
    const to = join(this.folder, 'published', form);
    await run('dotnet', ['publish', join(this.folder, this.name), '-c', 'Release', '--nologo', '-v', 'quiet', '-o', to, ...flags], {
      env: { ...process.env, RestoreAdditionalProjectSources: NUGETS, NUGET_PACKAGES: join(this.folder, 'packages') },
      maxBuffer: 1 << 24,
    }).catch((e) => { throw new Error(`${e.message}\n${e.stdout}`); });
    return to;
  }

  // latest copies the application for the version of .NET that is installed.
  async latest(version) {
    const { stdout } = await run('dotnet', ['--version']);
    const app = new Application(join(this.folder, 'latest'), this.name);
    await cp(join(this.folder, this.name), join(app.folder, app.name), { recursive: true, filter: (p) => !/[/](obj|bin)$/.test(p) });
    await writeFile(join(app.folder, app.name, `${app.name}.csproj`), PROJECT(version, `net${parseInt(stdout, 10)}.0`));
    return app;
  }
}

// fourSteps writes the application of the manual: the blocks of its four steps, and a hub.
export async function fourSteps(version) {
  const folder = await mkdtemp(join(tmpdir(), 'foursteps-'));
  const app = join(folder, 'ChatSample');
  await mkdir(app);
  await writeFile(join(app, 'ChatSample.csproj'), PROJECT(version)); // step 1
  await writeFile(join(app, 'appsettings.json'), (await blocks('docs/aspnetcore.md', 'json'))[0]); // step 2
  await writeFile(join(app, 'Program.cs'), (await blocks('docs/aspnetcore.md', 'csharp'))[0]); // step 3
  const conf = (await blocks('docs/aspnetcore.md', 'xml'))[0]; // step 4
  await writeFile(join(app, 'client.ncconf'), conf.replace('9800', await freePort()).replace(/web-\d\.example\.net/, '127.0.0.1').replace(/.*example\.net.*\n/g, ''));
  await cp(join(ROOT, 'docs/aspnetcore/ChatHub.cs'), join(app, 'ChatHub.cs'));
  return new Application(folder, 'ChatSample');
}

// readme writes the application of the README: the blocks of its four steps.
export async function readme(version, folder) {
  const app = join(folder, 'Readme');
  await mkdir(app);
  await writeFile(join(app, 'Readme.csproj'), PROJECT(version));
  await writeFile(join(app, 'appsettings.json'), (await blocks('README.md', 'json'))[0]);
  await writeFile(join(app, 'Program.cs'), (await blocks('README.md', 'csharp'))[0]);
  await writeFile(join(app, 'client.ncconf'), (await blocks('README.md', 'xml'))[0].replace('9800', await freePort()));
  return new Application(folder, 'Readme');
}

// extras writes the application that uses the services of the package.
export async function extras(version, folder) {
  const app = join(folder, 'Extras');
  await cp(join(import.meta.dirname, 'extras'), app, { recursive: true });
  await writeFile(join(app, 'Extras.csproj'), PROJECT(version));
  return new Application(folder, 'Extras');
}
