import { getAwsCredentials } from '@credex/aws';
import { getAzureCredentials } from '@credex/azure';
import { FederationError } from '@credex/core';
import { getGcpCredentials } from '@credex/gcp';
import { Injectable } from '@nestjs/common';

@Injectable()
export class CloudsService {
  private readonly options = JSON.parse(process.env['HOSTS_OPTIONS'] ?? '{}');

  async ask(): Promise<Record<string, object>> {
    const { aws, gcp, azure } = this.options;
    return {
      aws: await outcome(getAwsCredentials(aws)),
      gcp: await outcome(getGcpCredentials(gcp)),
      azure: await outcome(getAzureCredentials(azure)),
    };
  }
}

async function outcome(call: Promise<{ readonly expiresAt: number }>): Promise<object> {
  try {
    return { obtained: (await call).expiresAt > Date.now() };
  } catch (error) {
    if (FederationError.isInstance(error)) return { isFederationError: true, code: error.code };
    return { isFederationError: false, message: String(error) };
  }
}
