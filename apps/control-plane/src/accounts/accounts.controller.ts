import { sessionCookie, type Identity } from '@quorate/auth';
import type { Config } from '@quorate/config';
import { Body, Controller, Get, Inject, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { configToken } from '../http/config-token';
import { CarriedOutAgain } from '../http/idempotency.interceptor';
import { Problem } from '../http/problem';
import { RateLimits } from '../http/rate-limits';
import { Caller, RemoteAddress } from '../http/request';
import { Route } from '../http/route';
import { nothingSchema } from '../http/schemas';
import {
  loginSchema,
  passwordChangeSchema,
  sessionSchema,
  signUpSchema,
  signedUpSchema,
  type Login,
  type PasswordChange,
  type SessionView,
  type SignUp,
} from './accounts.schemas';
import { AccountsService } from './accounts.service';

@ApiTags('accounts')
@Controller('v1')
export class AccountsController {
  private readonly cookieOptions: { httpOnly: true; sameSite: 'lax'; path: '/'; secure: boolean };

  constructor(
    private readonly accounts: AccountsService,
    private readonly limits: RateLimits,
    @Inject(configToken) config: Config,
  ) {
    this.cookieOptions = { httpOnly: true, sameSite: 'lax', path: '/', secure: config.publicUrl.startsWith('https:') };
  }

  @Post('signup')
  @Route({
    operationId: 'signUp',
    summary: 'Make a tenant and its owner',
    access: 'public',
    status: 201,
    answer: signedUpSchema,
    idempotent: true,
  })
  async signUp(@Body({ schema: signUpSchema }) draft: SignUp, @RemoteAddress() address: string): Promise<unknown> {
    await this.limits.admitSignUp(address);
    const profile = await this.accounts.signUp(draft);
    if (!profile) throw new Problem('EMAIL_TAKEN', { detail: 'log in, or sign up with another address' });
    return { tenant: profile.tenant, member: profile.member };
  }

  @Post('login')
  @CarriedOutAgain()
  @Route({ operationId: 'logIn', summary: 'Open a session', access: 'public', answer: sessionSchema, idempotent: true })
  async logIn(
    @Body({ schema: loginSchema }) login: Login,
    @RemoteAddress() address: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<SessionView> {
    await this.limits.admitLogin(address, login.email);
    const session = await this.accounts.logIn(login);
    if (!session) {
      await this.limits.countFailedLogin(address, login.email);
      throw new Problem('CREDENTIALS_WRONG', { detail: 'check the e-mail address and the password' });
    }
    await this.limits.forgetFailedLogins(address, login.email);
    response.cookie(sessionCookie, session.token, { ...this.cookieOptions, expires: session.expiresAt });
    return session.view;
  }

  @Post('logout')
  @Route({ operationId: 'logOut', summary: 'End this session', access: 'member', status: 204, idempotent: true })
  async logOut(
    @Body({ schema: nothingSchema }) _nothing: unknown,
    @Caller() identity: Identity,
    @Res({ passthrough: true }) response: Response,
  ): Promise<void> {
    await this.accounts.logOut(identity);
    response.clearCookie(sessionCookie, this.cookieOptions);
  }

  @Get('me')
  @Route({ operationId: 'me', summary: 'Who is logged in', access: 'member', answer: sessionSchema })
  async me(@Caller() identity: Identity): Promise<SessionView> {
    const view = await this.accounts.describe(identity);
    if (!view) throw new Problem('CREDENTIAL_MISSING', { detail: 'log in or send an API key' });
    return view;
  }

  @Post('password')
  @Route({
    operationId: 'changePassword',
    summary: 'Change the own password',
    access: 'member',
    status: 204,
    idempotent: true,
  })
  async changePassword(
    @Body({ schema: passwordChangeSchema }) change: PasswordChange,
    @Caller() identity: Identity,
    @RemoteAddress() address: string,
  ): Promise<void> {
    const { memberId, sessionId } = identity;
    if (memberId === null) throw new Problem('ROLE_INSUFFICIENT', { detail: 'an API key has no password' });
    await this.limits.admitLogin(address, memberId);
    if (!(await this.accounts.changePassword(memberId, sessionId, change))) {
      await this.limits.countFailedLogin(address, memberId);
      throw new Problem('CURRENT_PASSWORD_WRONG', { detail: 'enter the current password' });
    }
  }
}
