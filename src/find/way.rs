//! By what a query is answered: by itself, or by what was taught for it.

use crate::domain::SaliencyCurve;
use crate::find::{Detection, Detector, NeutralLevel};
use crate::model::Prompt;

/// The one place that decides between the plain query and a prompt.
///
/// A way says on which scale the curve is shown and which [`Detector`] finds the moments. A new kind
/// of detector needs no new way: it comes with a prompt, and [`Way::detector`] picks it.
#[derive(Clone, Debug, PartialEq)]
pub enum Way {
    /// By the query as it is. The level is what neutral texts score on the same video; it is `None`
    /// until it has been measured, and in evaluation, which compares rankings only.
    Plain(Option<NeutralLevel>),
    /// By the context, the calibration and, where one was trained, the moment head of a prompt.
    Taught(Box<Prompt>),
}

/// The presence while nothing is known: as likely there as not.
const UNKNOWN_PRESENCE: f32 = 0.5;

/// A tenth of the way from any words to certainty.
const LEAST_CONTRAST: f32 = 0.1;

impl Default for Way {
    fn default() -> Self {
        Self::Plain(None)
    }
}

impl From<Prompt> for Way {
    fn from(prompt: Prompt) -> Self {
        Self::Taught(Box::new(prompt))
    }
}

impl Way {
    pub fn prompt(&self) -> Option<&Prompt> {
        match self {
            Self::Plain(_) => None,
            Self::Taught(prompt) => Some(prompt),
        }
    }

    /// Cosines to the curve that people see: about 0 where any words would lie, 1 where it is surely
    /// there. Without a level the cosines stay as they are.
    pub fn calibrate(&self, cosines: &SaliencyCurve) -> SaliencyCurve {
        match self {
            Self::Plain(None) => cosines.clone(),
            Self::Plain(Some(level)) => {
                let (scale, bias) = level.calibration();
                cosines.calibrated(scale, bias)
            }
            Self::Taught(prompt) => cosines.calibrated(prompt.scale, prompt.bias),
        }
    }

    /// What finds the moments.
    pub fn detector(&self) -> Detector<'_> {
        match self.prompt().and_then(|prompt| prompt.head.as_ref()) {
            Some(head) => Detector::Head(head),
            None => Detector::Runs,
        }
    }

    /// What moments are formed from, at any threshold.
    pub fn shape(&self, cosines: &SaliencyCurve) -> Detection {
        self.detector().detect(cosines)
    }

    /// A curve that differs by less than this over the whole video, after calibration, is flat.
    pub fn least_contrast(&self) -> f32 {
        match self {
            Self::Plain(Some(_)) => LEAST_CONTRAST,
            // The scale of cosines is unknown; that of a prompt follows its labels, which may be few.
            Self::Plain(None) | Self::Taught(_) => 0.0,
        }
    }

    /// 0…1, how sure of each clip that it shows the query, `[n_clips]`; the greatest is the
    /// [presence](Self::presence).
    pub fn beliefs(&self, cosines: &SaliencyCurve) -> SaliencyCurve {
        match self {
            Self::Plain(None) => SaliencyCurve::new(vec![UNKNOWN_PRESENCE; cosines.n_clips()]),
            Self::Plain(Some(level)) => level.beliefs(cosines),
            // Labels taught what 0 and 1 mean.
            Self::Taught(_) => {
                let saliency = self.calibrate(cosines);
                let values = saliency.values().iter();
                SaliencyCurve::new(values.map(|value| value.clamp(0.0, 1.0)).collect())
            }
        }
    }

    /// 0…1, how sure that the query occurs in the video at all.
    pub fn presence(&self, cosines: &SaliencyCurve) -> f32 {
        match self {
            Self::Plain(None) => UNKNOWN_PRESENCE,
            Self::Plain(Some(level)) => level.presence(cosines),
            // Labels taught what 0 and 1 mean.
            Self::Taught(_) => {
                let best = self.calibrate(cosines).highlight();
                best.map_or(0.0, |best| best.score.clamp(0.0, 1.0))
            }
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::domain::{Embeddings, UnitVector};
    use crate::model::moment_head::{HeadKind, HeadWeights, MomentHeadConfig};
    use crate::model::prompt::HEAD_THRESHOLD;
    use crate::model::{BaseModel, Calibration, ModelId, PromptMetadata};

    /// With which the least deviation is 0.01.
    pub const CALIBRATION: Calibration = Calibration {
        scale: 40.0,
        bias: None,
    };

    /// `2 · cosine − 0.5`.
    pub fn prompt(head: Option<HeadWeights>) -> Prompt {
        let id = ModelId {
            name: "m".into(),
            hash: "0".into(),
        };
        Prompt {
            metadata: PromptMetadata::new(BaseModel::new(&id, 2), 1, HeadKind::Frame),
            context: vec![0.0, 0.0],
            scale: 2.0,
            bias: -0.5,
            head,
        }
    }

    /// One hidden unit that passes on what it sees of one clip: the logit is `4 · shape − 2`.
    pub fn head() -> HeadWeights {
        HeadWeights {
            config: MomentHeadConfig { k: 1, h: 1 },
            hidden_weight: vec![1.0],
            hidden_bias: vec![0.0],
            output_weight: vec![4.0],
            output_bias: vec![-2.0],
        }
    }

    fn cosines() -> SaliencyCurve {
        SaliencyCurve::new(vec![0.25, 0.5, 0.375])
    }

    #[test]
    fn a_prompt_brings_its_own_scale_and_says_how_sure_it_is() {
        let way = Way::from(prompt(None));
        assert_eq!(way.calibrate(&cosines()).values(), [0.0, 0.5, 0.25]);
        assert_eq!(way.presence(&cosines()), 0.5);
        assert_eq!(way.presence(&SaliencyCurve::new(vec![0.9, 0.1])), 1.0);
        assert_eq!(way.presence(&SaliencyCurve::new(vec![0.1])), 0.0);
        assert_eq!(way.presence(&SaliencyCurve::default()), 0.0);
    }

    #[test]
    fn the_plain_query_is_measured_against_neutral_texts() {
        // Two neutral texts that score 0.5 everywhere: mean and peak 0.5, deviation the least, 0.01.
        let embeddings = Embeddings::from_features(2, [0.5, 0.75_f32.sqrt()].repeat(3)).unwrap();
        let texts = vec![UnitVector::normalised(vec![1.0, 0.0]); 2];
        let way = Way::Plain(Some(NeutralLevel::of(&texts, &embeddings, CALIBRATION)));
        // Full at 0.5 + 0.01, so 0.505 lies half-way.
        let curve = SaliencyCurve::new(vec![0.5, 0.505, 0.51]);
        for (value, expected) in way.calibrate(&curve).values().iter().zip([0.0, 0.5, 1.0]) {
            assert!((value - expected).abs() < 1e-3, "{value} {expected}");
        }
        // Half a deviation above the peak of the texts: even odds.
        let query = SaliencyCurve::new(vec![0.505, 0.5, 0.5]);
        assert!((way.presence(&query) - 0.5).abs() < 1e-3);
    }

    #[test]
    fn without_a_level_the_cosines_stay_and_nothing_is_claimed() {
        let way = Way::default();
        assert_eq!(way.calibrate(&cosines()), cosines());
        assert_eq!(way.presence(&cosines()), 0.5);
    }

    #[test]
    fn a_trained_head_replaces_the_untrained_rule() {
        let (plain, untrained) = (Way::default(), Way::from(prompt(None)));
        for way in [&plain, &untrained] {
            assert_eq!(way.shape(&cosines()).curve().values(), [0.0, 1.0, 0.5]);
            assert_eq!(way.shape(&cosines()).probabilities(), None);
        }
        let trained = Way::from(prompt(Some(head())));
        let found = trained.shape(&cosines());
        assert_eq!(found.usual_threshold(), HEAD_THRESHOLD);
        let probabilities = found.probabilities().unwrap();
        // Shape 0, 1, 0.5 gives logits −2, 2, 0.
        for (value, expected) in probabilities
            .values()
            .iter()
            .zip([0.119_203, 0.880_797, 0.5])
        {
            assert!((value - expected).abs() < 1e-5, "{value} {expected}");
        }
    }
}
