//! The kernels of the digests, and which of them runs.

use std::sync::OnceLock;

use super::groups::{self, Message, sorted};
use super::hash::{Hash, Sha256};
use super::nsec3::{self, Again, Salted};
#[cfg(target_arch = "x86_64")]
use super::{avx2, avx512};
use crate::crypto::lanes::kernels::Choice;
use crate::crypto::lanes::wanted;
use crate::crypto::nsec3_hash;

/// What hashes many messages.
#[derive(Clone, Copy, Debug)]
pub enum Kernel {
    /// The library, one message after the other.
    OneByOne,
    /// 256 bits of lanes.
    #[cfg(target_arch = "x86_64")]
    Avx2(avx2::Available),
    /// 512 bits of lanes.
    #[cfg(target_arch = "x86_64")]
    Avx512(avx512::Available),
}

/// All digests need both widths of a vector's words.
#[cfg(target_arch = "x86_64")]
pub use x86::InVectors;

/// Elsewhere no digest needs anything.
#[cfg(not(target_arch = "x86_64"))]
pub trait InVectors: Hash {}
#[cfg(not(target_arch = "x86_64"))]
impl<H: Hash> InVectors for H {}

impl Kernel {
    /// Those that the processor has, the fastest first.
    pub fn all() -> Vec<Self> {
        let all = [Self::OneByOne];
        #[cfg(target_arch = "x86_64")]
        let all = [
            avx512::Available::detect().map(Self::Avx512),
            avx2::Available::detect().map(Self::Avx2),
        ]
        .into_iter()
        .flatten()
        .chain(all);
        Vec::from_iter(all)
    }

    /// The name that reports print.
    pub fn name(self) -> &'static str {
        match self {
            Self::OneByOne => "library",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => "avx2",
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(_) => "avx512",
        }
    }

    /// Messages side by side.
    pub fn lanes<H: Hash>(self) -> usize {
        match self {
            Self::OneByOne => 1,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => 32 / size_of::<H::Word>(),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(_) => 64 / size_of::<H::Word>(),
        }
    }

    /// The least of the arithmetic's kernels beside which it may run.
    fn least(self) -> Choice {
        match self {
            Self::OneByOne => Choice::Portable,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => Choice::Avx2,
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(_) => Choice::Ifma,
        }
    }

    /// How many messages a group needs, the other lanes being idle, to be faster than one message
    /// after the other; `None` when even a full group is not. As `cargo bench --bench digests`
    /// measured it on Zen 3 and, for AVX-512, on Zen 4; what is said of processors without instructions
    /// for SHA-256 is an estimate from the numbers of instructions.
    pub fn fewest<H: Hash>(self) -> Option<usize> {
        #[cfg(target_arch = "x86_64")]
        let fewest = match (self, size_of::<H::Word>() == 4 && is_x86_feature_detected!("sha")) {
            (Self::OneByOne, _) => None,
            // The processor's own instructions for SHA-256 are as fast as eight lanes.
            (Self::Avx2(_), true) if H::INDEX == Sha256::INDEX => None,
            (Self::Avx2(_), true) => Some(5),
            (Self::Avx512(_), true) if H::INDEX == Sha256::INDEX => Some(8),
            (Self::Avx512(_), true) => Some(5),
            (Self::Avx512(_), _) if size_of::<H::Word>() == 8 => Some(2),
            (Self::Avx2(_) | Self::Avx512(_), false) => Some(3),
        };
        #[cfg(not(target_arch = "x86_64"))]
        let fewest = None;
        fewest
    }

    /// Hashes the messages at these places, which are sorted by their blocks.
    #[allow(unsafe_code, reason = "the way into code compiled for other processors")]
    pub fn hash<H: InVectors, const P: usize>(
        self,
        messages: &[Message<'_, P>],
        places: &[u32],
        digests: &mut [H::Digest],
    ) {
        match self {
            Self::OneByOne => {
                for &place in places {
                    digests[place as usize] = one::<H, P>(&messages[place as usize]);
                }
            }
            // SAFETY: `Available` proves that the processor has the features.
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => unsafe { x86::hash_avx2::<H, P>(messages, places, digests) },
            // SAFETY: `Available` proves that the processor has the features.
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(_) => unsafe { x86::hash_avx512::<H, P>(messages, places, digests) },
        }
    }

    /// The hashes of NSEC3, of names at these places, which are sorted by their blocks.
    #[allow(unsafe_code, reason = "the way into code compiled for other processors")]
    pub fn hash_names(
        self,
        names: &Salted<'_>,
        places: &[u32],
        again: &Again,
        hashes: &mut [[u8; 20]],
    ) {
        match self {
            Self::OneByOne => {
                for &place in places {
                    let name = names.names[place as usize];
                    hashes[place as usize] = nsec3_hash(name, again.iterations(), names.salt);
                }
            }
            // SAFETY: `Available` proves that the processor has the features.
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => unsafe { x86::hash_names_avx2(names, places, again, hashes) },
            // SAFETY: `Available` proves that the processor has the features.
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(_) => unsafe { x86::hash_names_avx512(names, places, again, hashes) },
        }
    }

    /// Whether it gives the library's answers here: tried before it is trusted, with messages of
    /// one block and of two in a group that is not whole.
    fn is_right<H: InVectors>(self) -> bool {
        let octets: [u8; 255] = std::array::from_fn(|i| i.to_le_bytes()[0] ^ 0x5a);
        let messages: Vec<_> = (0..19).map(|i| [&octets[..13 * i], &octets[i..]]).collect();
        let (places, _) = sorted::<H::Word, 2>(&&messages[..]);
        let mut digests = vec![H::ZEROS; messages.len()];
        self.hash::<H, 2>(&messages, &places, &mut digests);
        messages.iter().zip(digests).all(|(message, digest)| digest == one::<H, 2>(message))
    }
}

/// The library's digest of a message.
pub fn one<H: Hash, const P: usize>(message: &Message<'_, P>) -> H::Digest {
    let found = if let [octets] = &message[..] {
        aws_lc_rs::digest::digest(H::library(), octets)
    } else {
        let mut context = aws_lc_rs::digest::Context::new(H::library());
        message.iter().for_each(|part| context.update(part));
        context.finish()
    };
    let mut digest = H::ZEROS;
    digest.as_mut().copy_from_slice(found.as_ref());
    digest
}

/// The fastest kernel for a digest that is right, and not above the kernel of the arithmetic that was
/// asked for. Decided once for each digest.
pub fn chosen<H: InVectors>() -> Kernel {
    static CHOSEN: [OnceLock<Kernel>; 4] = [const { OnceLock::new() }; 4];
    *CHOSEN[H::INDEX].get_or_init(|| {
        let mut kernels = Kernel::all().into_iter();
        let may_run = |kernel: &Kernel| wanted::may_run(kernel.least());
        let fit = |kernel: &Kernel| kernel.fewest::<H>().is_some() && kernel.is_right::<H>();
        kernels.find(|kernel| may_run(kernel) && fit(kernel)).unwrap_or(Kernel::OneByOne)
    })
}

#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, reason = "the way into code compiled for other processors")]
mod x86 {
    use super::super::avx2::{Avx2x32, Avx2x64};
    use super::super::avx512::{Avx512x32, Avx512x64};
    use super::super::vector::{Vector, Word};
    use super::{Again, Hash, Message, Salted, groups, nsec3};

    /// A word, and the vectors of it.
    pub trait VectorWord: Word {
        type Avx2: Vector<Word = Self>;
        type Avx512: Vector<Word = Self>;
    }

    impl VectorWord for u32 {
        type Avx2 = Avx2x32;
        type Avx512 = Avx512x32;
    }

    impl VectorWord for u64 {
        type Avx2 = Avx2x64;
        type Avx512 = Avx512x64;
    }

    /// A digest of such words.
    pub trait InVectors: Hash<Word: VectorWord> {}
    impl<H: Hash<Word: VectorWord>> InVectors for H {}

    #[target_feature(enable = "avx2")]
    pub fn hash_avx2<H: InVectors, const P: usize>(
        messages: &[Message<'_, P>],
        places: &[u32],
        digests: &mut [H::Digest],
    ) {
        groups::hash_all::<H, <H::Word as VectorWord>::Avx2, P>(&messages, places, digests);
    }

    #[target_feature(enable = "avx512f,avx512bw,bmi2")]
    pub fn hash_avx512<H: InVectors, const P: usize>(
        messages: &[Message<'_, P>],
        places: &[u32],
        digests: &mut [H::Digest],
    ) {
        groups::hash_all::<H, <H::Word as VectorWord>::Avx512, P>(&messages, places, digests);
    }

    #[target_feature(enable = "avx2")]
    pub fn hash_names_avx2(
        names: &Salted<'_>,
        places: &[u32],
        again: &Again,
        hashes: &mut [[u8; 20]],
    ) {
        nsec3::hash_all::<Avx2x32>(names, places, again, hashes);
    }

    #[target_feature(enable = "avx512f,avx512bw,bmi2")]
    pub fn hash_names_avx512(
        names: &Salted<'_>,
        places: &[u32],
        again: &Again,
        hashes: &mut [[u8; 20]],
    ) {
        nsec3::hash_all::<Avx512x32>(names, places, again, hashes);
    }
}
