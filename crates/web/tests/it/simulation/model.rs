//! The service as a plain program in memory: what it ought to answer, and what ought to be so afterwards.

/// Somebody by their place in the list of people; `None` is a visitor.
pub(super) type Actor = Option<usize>;

/// Hours an invitation lives: seven days.
pub(super) const LIFE: u64 = 7 * 24;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Status {
    Pending,
    Accepted,
    Discarded,
    Declined,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Admin,
    Member,
}

/// What somebody does. Organizations, invitations and generations are counted in the order they were made.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Passes { hours: u64 },
    Found,
    Invite { organization: usize, invitee: usize, role: Role },
    Resend { organization: usize, invitation: usize },
    Discard { organization: usize, invitation: usize },
    Accept { organization: usize, invitation: usize, generation: usize, mailed: bool },
    Decline { organization: usize, invitation: usize, generation: usize, mailed: bool },
    Give { organization: usize, to: usize, role: Role },
    Take { organization: usize, from: usize, role: Role },
    Remove { organization: usize, member: usize },
    Leave { organization: usize },
}

/// A membership; whoever leaves and comes back has another.
#[derive(Clone, Debug)]
pub(super) struct Membership {
    pub(super) user: usize,
    pub(super) roles: Vec<Role>,
    number: usize,
}

#[derive(Clone, Debug)]
pub(super) struct Invitation {
    pub(super) invitee: usize,
    pub(super) status: Status,
    pub(super) generations: usize,
    role: Role,
    inviter: Option<usize>,
    left_suspended: bool,
    expires: u64,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Organization {
    pub(super) members: Vec<Membership>,
    pub(super) invitations: Vec<Invitation>,
}

/// Everything there is.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) organizations: Vec<Organization>,
    /// Who has proved their address.
    proved: Vec<bool>,
    now: u64,
    memberships: usize,
}

type Outcome = Result<(), &'static str>;

impl Organization {
    pub(super) fn of(&self, user: usize) -> Option<&Membership> {
        self.members.iter().find(|member| member.user == user)
    }

    fn is_admin(&self, membership: usize) -> bool {
        let found = self.members.iter().find(|member| member.number == membership);
        found.is_some_and(|member| member.roles.contains(&Role::Admin))
    }

    fn suspends(&self, invitation: &Invitation) -> bool {
        invitation.inviter.map_or(invitation.left_suspended, |inviter| !self.is_admin(inviter))
    }

    /// The membership of somebody who may manage members.
    fn authorize(&self, actor: Actor) -> Result<usize, &'static str> {
        let user = actor.ok_or("UNAUTHORIZED")?;
        let member = self.of(user).filter(|member| member.roles.contains(&Role::Admin));
        member.map(|member| member.number).ok_or("FORBIDDEN")
    }
}

impl Model {
    pub(super) fn of(people: usize) -> Self {
        Self { organizations: Vec::new(), proved: vec![false; people], now: 0, memberships: 0 }
    }

    /// Does the step, or says with which code it is refused.
    pub(super) fn take(&mut self, actor: Actor, step: Step) -> Outcome {
        match step {
            Step::Passes { hours } => self.now += hours,
            Step::Found => self.found(actor.ok_or("UNAUTHORIZED")?),
            Step::Invite { organization, invitee, role } => self.invite(actor, organization, invitee, role)?,
            Step::Resend { organization, invitation } => self.resend(actor, organization, invitation)?,
            Step::Discard { organization, invitation } => {
                let organization = &mut self.organizations[organization];
                organization.authorize(actor)?;
                let invitation = &mut organization.invitations[invitation];
                if invitation.status != Status::Pending {
                    return Err("INVITATION_NOT_PENDING");
                }
                invitation.status = Status::Discarded;
            }
            Step::Accept { organization, invitation, generation, mailed } => {
                self.accept(actor, (organization, invitation), generation, mailed)?;
            }
            Step::Decline { organization, invitation, generation, mailed } => {
                let found = self.valid((organization, invitation), generation)?;
                if !mailed {
                    is_for(found.invitee, actor)?;
                    if !self.proved[found.invitee] {
                        return Err("INVITATION_EMAIL_UNVERIFIED");
                    }
                }
                self.organizations[organization].invitations[invitation].status = Status::Declined;
            }
            Step::Give { organization, to, role } => {
                let organization = &mut self.organizations[organization];
                organization.authorize(actor)?;
                let member = organization.members.iter_mut().find(|member| member.user == to);
                let roles = &mut member.ok_or("MEMBER_NOT_FOUND")?.roles;
                if !roles.contains(&role) {
                    roles.push(role);
                }
            }
            Step::Take { organization, from, role } => self.take_role(actor, organization, from, role)?,
            Step::Remove { organization, member } => {
                let here = &self.organizations[organization];
                here.authorize(actor)?;
                let number = here.of(member).ok_or("MEMBER_NOT_FOUND")?.number;
                self.end(organization, number)?;
            }
            Step::Leave { organization } => {
                let user = actor.ok_or("UNAUTHORIZED")?;
                let number = self.organizations[organization].of(user).ok_or("FORBIDDEN")?.number;
                self.end(organization, number)?;
            }
        }
        Ok(())
    }

    fn found(&mut self, founder: usize) {
        let membership = self.membership(founder, Role::Admin);
        self.organizations.push(Organization { members: vec![membership], invitations: Vec::new() });
    }

    fn membership(&mut self, user: usize, role: Role) -> Membership {
        self.memberships += 1;
        Membership { user, roles: vec![role], number: self.memberships }
    }

    fn invite(&mut self, actor: Actor, organization: usize, invitee: usize, role: Role) -> Outcome {
        let now = self.now;
        let organization = &mut self.organizations[organization];
        let inviter = organization.authorize(actor)?;
        if organization.of(invitee).is_some() {
            return Err("ALREADY_MEMBER");
        }
        let pending = organization.invitations.iter_mut();
        let pending = pending.filter(|found| found.invitee == invitee && found.status == Status::Pending);
        for found in pending {
            if now < found.expires {
                return Err("INVITATION_EXISTS");
            }
            found.status = Status::Discarded;
        }
        organization.invitations.push(Invitation {
            invitee,
            role,
            status: Status::Pending,
            generations: 1,
            inviter: Some(inviter),
            left_suspended: false,
            expires: now + LIFE,
        });
        Ok(())
    }

    fn resend(&mut self, actor: Actor, organization: usize, invitation: usize) -> Outcome {
        let now = self.now;
        let organization = &mut self.organizations[organization];
        let caller = organization.authorize(actor)?;
        let found = &organization.invitations[invitation];
        if found.status != Status::Pending {
            return Err("INVITATION_NOT_PENDING");
        }
        let stays = found.inviter.is_some() && !organization.suspends(found);
        let found = &mut organization.invitations[invitation];
        if !stays {
            found.inviter = Some(caller);
        }
        (found.left_suspended, found.expires, found.generations) = (false, now + LIFE, found.generations + 1);
        Ok(())
    }

    fn valid(
        &self,
        (organization, invitation): (usize, usize),
        generation: usize,
    ) -> Result<&Invitation, &'static str> {
        let found = &self.organizations[organization].invitations[invitation];
        let is_valid = found.status == Status::Pending && found.generations == generation + 1;
        is_valid.then_some(found).ok_or("INVALID_INVITATION_TOKEN")
    }

    fn accept(&mut self, actor: Actor, place: (usize, usize), generation: usize, mailed: bool) -> Outcome {
        let found = self.valid(place, generation)?.clone();
        if self.now >= found.expires {
            return Err("INVITATION_EXPIRED");
        }
        is_for(found.invitee, actor)?;
        if !self.proved[found.invitee] && !mailed {
            return Err("INVITATION_EMAIL_UNVERIFIED");
        }
        let is_member = self.organizations[place.0].of(found.invitee).is_some();
        if !is_member && self.organizations[place.0].suspends(&found) {
            return Err("INVITATION_SUSPENDED");
        }
        if !is_member {
            let membership = self.membership(found.invitee, found.role);
            self.organizations[place.0].members.push(membership);
        }
        self.organizations[place.0].invitations[place.1].status = Status::Accepted;
        self.proved[found.invitee] |= mailed;
        Ok(())
    }

    fn take_role(&mut self, actor: Actor, organization: usize, from: usize, role: Role) -> Outcome {
        let organization = &mut self.organizations[organization];
        organization.authorize(actor)?;
        let admins = organization.members.iter().filter(|member| member.roles.contains(&Role::Admin)).count();
        let member = organization.members.iter_mut().find(|member| member.user == from).ok_or("MEMBER_NOT_FOUND")?;
        if role == Role::Admin && member.roles.contains(&role) && admins == 1 {
            return Err("LAST_ADMIN");
        }
        member.roles.retain(|held| *held != role);
        Ok(())
    }

    fn end(&mut self, organization: usize, number: usize) -> Outcome {
        let organization = &mut self.organizations[organization];
        let others = organization.members.iter().filter(|member| member.number != number);
        if !others.into_iter().any(|member| member.roles.contains(&Role::Admin)) {
            return Err("LAST_ADMIN");
        }
        let was_admin = organization.is_admin(number);
        for sent in organization.invitations.iter_mut().filter(|sent| sent.inviter == Some(number)) {
            sent.left_suspended |= !was_admin && sent.status == Status::Pending;
            sent.inviter = None;
        }
        organization.members.retain(|member| member.number != number);
        Ok(())
    }
}

/// Whether the actor owns the invited address.
fn is_for(invitee: usize, actor: Actor) -> Outcome {
    match actor {
        None => Err("INVITATION_REQUIRES_SIGNIN"),
        Some(user) if user != invitee => Err("INVITATION_EMAIL_MISMATCH"),
        Some(_) => Ok(()),
    }
}
