// CommonJS: the manifest has no "type", so each import below is compiled to `require()` of an ES module.
import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CloudsController } from './clouds.controller';
import { CloudsService } from './clouds.service';

@Module({ controllers: [CloudsController], providers: [CloudsService] })
class AppModule {}

async function main(): Promise<void> {
  const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
  await app.listen(0, '127.0.0.1');
  console.log(`listening on ${(app.getHttpServer().address() as AddressInfo).port}`);
}

void main();
