//! An in-memory model of the service: the expected error code of each step, and the expected state.

/// The index of a user, or `None` for an anonymous caller.
pub(super) type Actor = Option<usize>;

/// Lifetime of an invitation in hours.
pub(super) const INVITATION_LIFETIME: u64 = 7 * 24;

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

/// One operation. Organizations, invitations and generations are numbered in the order of their creation.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    AdvanceClock { hours: u64 },
    CreateOrganization,
    Invite { organization: usize, invitee: usize, role: Role },
    Resend { organization: usize, invitation: usize },
    Discard { organization: usize, invitation: usize },
    Accept { organization: usize, invitation: usize, generation: usize, mailed: bool },
    Decline { organization: usize, invitation: usize, generation: usize, mailed: bool },
    AssignRole { organization: usize, to: usize, role: Role },
    RevokeRole { organization: usize, from: usize, role: Role },
    Remove { organization: usize, member: usize },
    Leave { organization: usize },
}

/// A membership. A user who leaves and joins again gets a new one.
#[derive(Clone, Debug)]
pub(super) struct Membership {
    pub(super) user: usize,
    pub(super) roles: Vec<Role>,
    id: usize,
}

#[derive(Clone, Debug)]
pub(super) struct Invitation {
    pub(super) invitee: usize,
    pub(super) status: Status,
    pub(super) generations: usize,
    role: Role,
    inviter: Option<usize>,
    left_suspended: bool,
    expires_at: u64,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Organization {
    pub(super) members: Vec<Membership>,
    pub(super) invitations: Vec<Invitation>,
}

#[derive(Debug)]
pub(super) struct Model {
    pub(super) organizations: Vec<Organization>,
    /// Whether each user's address is verified.
    verified: Vec<bool>,
    /// Hours since the start.
    now: u64,
    membership_count: usize,
}

type Outcome = Result<(), &'static str>;

impl Organization {
    fn membership_of(&self, user: usize) -> Option<&Membership> {
        self.members.iter().find(|member| member.user == user)
    }

    fn is_admin(&self, membership: usize) -> bool {
        let found = self.members.iter().find(|member| member.id == membership);
        found.is_some_and(|member| member.roles.contains(&Role::Admin))
    }

    fn is_suspended(&self, invitation: &Invitation) -> bool {
        invitation.inviter.map_or(invitation.left_suspended, |inviter| !self.is_admin(inviter))
    }

    /// Returns the membership of an actor who may manage members.
    fn authorize(&self, actor: Actor) -> Result<usize, &'static str> {
        let user = actor.ok_or("UNAUTHORIZED")?;
        let member = self.membership_of(user).filter(|member| member.roles.contains(&Role::Admin));
        member.map(|member| member.id).ok_or("FORBIDDEN")
    }
}

impl Model {
    pub(super) fn new(users: usize) -> Self {
        Self { organizations: Vec::new(), verified: vec![false; users], now: 0, membership_count: 0 }
    }

    /// Applies the step, or returns the error code.
    pub(super) fn apply(&mut self, actor: Actor, step: Step) -> Outcome {
        match step {
            Step::AdvanceClock { hours } => self.now += hours,
            Step::CreateOrganization => self.create_organization(actor.ok_or("UNAUTHORIZED")?),
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
                let found = self.find_valid((organization, invitation), generation)?;
                if !mailed {
                    check_invitee(found.invitee, actor, mailed)?;
                    if !self.verified[found.invitee] {
                        return Err("INVITATION_EMAIL_UNVERIFIED");
                    }
                }
                self.organizations[organization].invitations[invitation].status = Status::Declined;
            }
            Step::AssignRole { organization, to, role } => {
                let organization = &mut self.organizations[organization];
                organization.authorize(actor)?;
                let member = organization.members.iter_mut().find(|member| member.user == to);
                let roles = &mut member.ok_or("MEMBER_NOT_FOUND")?.roles;
                if !roles.contains(&role) {
                    roles.push(role);
                }
            }
            Step::RevokeRole { organization, from, role } => self.revoke_role(actor, organization, from, role)?,
            Step::Remove { organization, member } => {
                let here = &self.organizations[organization];
                here.authorize(actor)?;
                let membership = here.membership_of(member).ok_or("MEMBER_NOT_FOUND")?.id;
                self.end_membership(organization, membership, true)?;
            }
            Step::Leave { organization } => {
                let user = actor.ok_or("UNAUTHORIZED")?;
                let membership = self.organizations[organization].membership_of(user).ok_or("FORBIDDEN")?.id;
                self.end_membership(organization, membership, false)?;
            }
        }
        Ok(())
    }

    fn create_organization(&mut self, owner: usize) {
        let membership = self.new_membership(owner, Role::Admin);
        self.organizations.push(Organization { members: vec![membership], invitations: Vec::new() });
    }

    fn new_membership(&mut self, user: usize, role: Role) -> Membership {
        self.membership_count += 1;
        Membership { user, roles: vec![role], id: self.membership_count }
    }

    fn invite(&mut self, actor: Actor, organization: usize, invitee: usize, role: Role) -> Outcome {
        let (now, is_verified) = (self.now, self.verified[invitee]);
        let organization = &mut self.organizations[organization];
        let inviter = organization.authorize(actor)?;
        // An unverified address names no member.
        if is_verified && organization.membership_of(invitee).is_some() {
            return Err("ALREADY_MEMBER");
        }
        let pending = organization.invitations.iter_mut();
        let pending = pending.filter(|found| found.invitee == invitee && found.status == Status::Pending);
        for found in pending {
            if now < found.expires_at {
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
            expires_at: now + INVITATION_LIFETIME,
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
        let keeps_inviter = found.inviter.is_some() && !organization.is_suspended(found);
        let found = &mut organization.invitations[invitation];
        if !keeps_inviter {
            found.inviter = Some(caller);
        }
        (found.left_suspended, found.expires_at, found.generations) =
            (false, now + INVITATION_LIFETIME, found.generations + 1);
        Ok(())
    }

    fn find_valid(
        &self,
        (organization, invitation): (usize, usize),
        generation: usize,
    ) -> Result<&Invitation, &'static str> {
        let found = &self.organizations[organization].invitations[invitation];
        let is_valid = found.status == Status::Pending && found.generations == generation + 1;
        is_valid.then_some(found).ok_or("INVALID_INVITATION_TOKEN")
    }

    fn accept(&mut self, actor: Actor, key: (usize, usize), generation: usize, mailed: bool) -> Outcome {
        let found = self.find_valid(key, generation)?.clone();
        if self.now >= found.expires_at {
            return Err("INVITATION_EXPIRED");
        }
        check_invitee(found.invitee, actor, mailed)?;
        if !self.verified[found.invitee] && !mailed {
            return Err("INVITATION_EMAIL_UNVERIFIED");
        }
        let is_member = self.organizations[key.0].membership_of(found.invitee).is_some();
        if !is_member && self.organizations[key.0].is_suspended(&found) {
            return Err("INVITATION_SUSPENDED");
        }
        if !is_member {
            let membership = self.new_membership(found.invitee, found.role);
            self.organizations[key.0].members.push(membership);
        }
        self.organizations[key.0].invitations[key.1].status = Status::Accepted;
        self.verified[found.invitee] |= mailed;
        Ok(())
    }

    fn revoke_role(&mut self, actor: Actor, organization: usize, from: usize, role: Role) -> Outcome {
        let organization = &mut self.organizations[organization];
        organization.authorize(actor)?;
        let admins = organization.members.iter().filter(|member| member.roles.contains(&Role::Admin)).count();
        let member = organization.members.iter_mut().find(|member| member.user == from).ok_or("MEMBER_NOT_FOUND")?;
        if role == Role::Admin && member.roles.contains(&role) && admins == 1 {
            return Err("LAST_ADMIN");
        }
        member.roles.retain(|assigned| *assigned != role);
        Ok(())
    }

    fn end_membership(&mut self, organization: usize, membership: usize, is_removed: bool) -> Outcome {
        let organization = &mut self.organizations[organization];
        let others = organization.members.iter().filter(|member| member.id != membership);
        if !others.into_iter().any(|member| member.roles.contains(&Role::Admin)) {
            return Err("LAST_ADMIN");
        }
        let keeps_invitations = organization.is_admin(membership) && !is_removed;
        for sent in organization.invitations.iter_mut().filter(|sent| sent.inviter == Some(membership)) {
            sent.left_suspended |= !keeps_invitations && sent.status == Status::Pending;
            sent.inviter = None;
        }
        organization.members.retain(|member| member.id != membership);
        Ok(())
    }
}

/// Checks that the actor has the invited address. The bare token does not reveal that somebody else has it.
fn check_invitee(invitee: usize, actor: Actor, mailed: bool) -> Outcome {
    match actor {
        Some(user) if user == invitee => Ok(()),
        _ if !mailed => Err("INVITATION_REQUIRES_SIGNUP"),
        None => Err("INVITATION_REQUIRES_SIGNIN"),
        Some(_) => Err("INVITATION_EMAIL_MISMATCH"),
    }
}
