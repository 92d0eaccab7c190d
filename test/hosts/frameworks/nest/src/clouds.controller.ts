import { Controller, Get } from '@nestjs/common';
import { CloudsService } from './clouds.service';

@Controller()
export class CloudsController {
  constructor(private readonly clouds: CloudsService) {}

  @Get('clouds')
  ask(): Promise<Record<string, object>> {
    return this.clouds.ask();
  }
}
